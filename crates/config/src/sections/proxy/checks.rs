//! Other kinds of check than HTTP, and what concerns checks as a whole (chapter 4.2). Their protocols are understood, but
//! not carried out yet: servers count as up.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::args;
use super::rows::{ANY, SERVER, usage};
use crate::context::ProxyParse;
use crate::model::{CheckKind, StateFrom};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option ssl-hello-chk",
        SERVER,
        |words, parse| {
            parse.proxy.check = CheckKind::SslHello;
            words.done()
        },
        "servers are checked with the first message of a TLS handshake",
        usage!["option ssl-hello-chk"],
    ),
    ProxyRow::new(
        "option redis-check",
        SERVER,
        |w, p| plain(w, p, "option redis-check"),
        "servers are checked with Redis' PING",
        usage!["option redis-check"],
    )
    .noted(),
    ProxyRow::new(
        "option ldap-check",
        SERVER,
        |w, p| plain(w, p, "option ldap-check"),
        "servers are checked with an anonymous LDAP bind",
        usage!["option ldap-check"],
    )
    .noted(),
    ProxyRow::new(
        "option spop-check",
        SERVER,
        |w, p| plain(w, p, "option spop-check"),
        "servers are checked with the first message to an SPOE agent",
        usage!["option spop-check"],
    )
    .noted(),
    ProxyRow::new(
        "option external-check",
        SERVER,
        |w, p| plain(w, p, "option external-check"),
        "servers are checked by a program",
        usage!["option external-check"],
    )
    .noted(),
    ProxyRow::new(
        "option smtpchk",
        SERVER,
        smtp,
        "servers are checked with SMTP's greeting",
        usage!["option smtpchk", "option smtpchk EHLO mail.example.com"],
    )
    .noted(),
    ProxyRow::new(
        "option mysql-check",
        SERVER,
        mysql,
        "servers are checked with MySQL's handshake",
        usage!["option mysql-check", "option mysql-check user haproxy post-41"],
    )
    .noted(),
    ProxyRow::new(
        "option pgsql-check",
        SERVER,
        pgsql,
        "servers are checked with PostgreSQL's handshake",
        usage!["option pgsql-check user haproxy"],
    )
    .noted(),
    ProxyRow::new(
        "external-check command",
        SERVER,
        one,
        "the program of `option external-check`",
        usage!["external-check command /bin/true"],
    )
    .noted(),
    ProxyRow::new(
        "external-check path",
        SERVER,
        one,
        "the PATH of that program",
        usage!["external-check path /usr/bin:/bin"],
    )
    .noted(),
    ProxyRow::new(
        "email-alert from",
        ANY,
        one,
        "the sender of mails about servers",
        usage!["email-alert from proxy@example.com"],
    )
    .noted(),
    ProxyRow::new(
        "email-alert to",
        ANY,
        one,
        "the receiver of mails about servers",
        usage!["email-alert to admin@example.com"],
    )
    .noted(),
    ProxyRow::new(
        "email-alert mailers",
        ANY,
        one,
        "the section that says where mails go",
        usage!["email-alert mailers post"],
    )
    .noted(),
    ProxyRow::new(
        "email-alert myhostname",
        ANY,
        one,
        "the host name in mails",
        usage!["email-alert myhostname proxy1"],
    )
    .noted(),
    ProxyRow::new(
        "email-alert level",
        ANY,
        alert_level,
        "how grave an event must be for a mail",
        usage!["email-alert level warning"],
    )
    .noted(),
    ProxyRow::new(
        "load-server-state-from-file",
        SERVER,
        load_state,
        "whether the state of servers is read from a file at start",
        usage!["load-server-state-from-file global"],
    ),
    ProxyRow::new(
        "server-state-file-name",
        SERVER,
        state_file,
        "the file for the state of this proxy's servers",
        usage!["server-state-file-name shop", "server-state-file-name use-backend-name"],
    ),
];

/// Chooses a kind of check that is not carried out yet: its servers count as up.
fn select(parse: &mut ProxyParse<'_>, what: &'static str) {
    parse.proxy.check = CheckKind::Later(what);
}

fn plain(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, what: &'static str) -> Result<(), Problem> {
    words.done()?;
    select(parse, what);
    Ok(())
}

fn one(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.need("the value")?;
    args::ignore_rest(words, parse);
    Ok(())
}

fn smtp(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if words.next().is_some() {
        words.need("the domain")?;
    }
    words.done()?;
    select(parse, "option smtpchk");
    Ok(())
}

fn mysql(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const VERSIONS: &[&str] = &["post-41", "pre-41", "post-80"];
    if let Some(word) = words.next() {
        if *word != "user" {
            return Err(args::unexpected(word, &["user"]));
        }
        words.need("the user's name")?;
        if let Some(version) =
            words.next().filter(|version| !version.as_str().is_some_and(|v| VERSIONS.contains(&v)))
        {
            return Err(args::unexpected(version, VERSIONS));
        }
    }
    words.done()?;
    select(parse, "option mysql-check");
    Ok(())
}

fn pgsql(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`user` and the user's name")?;
    if *word != "user" {
        return Err(args::unexpected(word, &["user"]));
    }
    words.need("the user's name")?;
    words.done()?;
    select(parse, "option pgsql-check");
    Ok(())
}

fn alert_level(words: &mut Words<'_>, _: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the level")?;
    if logs::Level::parse(&word.text).is_none() {
        return Err(problem_of(codes::CHOICE, word.span, format!("`{}` is no log level", word.lossy())));
    }
    Ok(())
}

fn load_state(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const FROM: &[&str] = &["global", "local", "none"];
    let word = words.need("`global`, `local` or `none`")?;
    parse.proxy.state_from = match word.as_str() {
        Some("global") => StateFrom::Global,
        Some("local") => StateFrom::Local,
        Some("none") => StateFrom::None,
        _ => return Err(args::unexpected(word, FROM)),
    };
    args::ignore_rest(words, parse);
    Ok(())
}

fn state_file(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let own: Box<[u8]> = parse.proxy.name.as_bytes().into();
    parse.proxy.server_state_file_name = Some(match words.next() {
        Some(word) if *word != "use-backend-name" => word.text.clone().into(),
        _ => own,
    });
    words.done()
}

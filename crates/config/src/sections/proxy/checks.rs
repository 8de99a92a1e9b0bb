//! Other kinds of check than those with lines of their own, and what concerns checks as a whole (chapter 4.2).

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::rows::{ANY, SERVER, usage};
use super::{args, check_protocols as protocols};
use crate::context::ProxyParse;
use crate::model::{ExternalCheck, ServerConfig, StateFrom};
use crate::row::ProxyRow;
use crate::sections::value;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option ssl-hello-chk",
        SERVER,
        protocols::ssl_hello,
        "servers are checked with the first message of a TLS handshake",
        usage!["option ssl-hello-chk"],
    ),
    ProxyRow::new(
        "option redis-check",
        SERVER,
        protocols::redis,
        "servers are checked with Redis' PING",
        usage!["option redis-check"],
    ),
    ProxyRow::new(
        "option ldap-check",
        SERVER,
        protocols::ldap,
        "servers are checked with an anonymous LDAP bind",
        usage!["option ldap-check"],
    ),
    ProxyRow::new(
        "option spop-check",
        SERVER,
        protocols::spop,
        "servers are checked with the first message to an SPOE agent",
        usage!["option spop-check"],
    ),
    ProxyRow::new(
        "option external-check",
        SERVER,
        |words, parse| {
            words.done()?;
            parse.scratch.checks.choose_program();
            Ok(())
        },
        "servers are checked by a program",
        usage!["option external-check"],
    ),
    ProxyRow::new(
        "option smtpchk",
        SERVER,
        protocols::smtp,
        "servers are checked with SMTP's greeting",
        usage!["option smtpchk", "option smtpchk EHLO mail.example.com"],
    ),
    ProxyRow::new(
        "option mysql-check",
        SERVER,
        protocols::mysql,
        "servers are checked with MySQL's handshake",
        usage!["option mysql-check", "option mysql-check user haproxy post-41"],
    ),
    ProxyRow::new(
        "option pgsql-check",
        SERVER,
        protocols::pgsql,
        "servers are checked with PostgreSQL's handshake",
        usage!["option pgsql-check user haproxy"],
    ),
    ProxyRow::new(
        "external-check command",
        SERVER,
        |words, parse| {
            parse.scratch.checks.program.command = value::bytes(words.need("the program")?);
            words.done()
        },
        "the program of `option external-check`",
        usage!["external-check command /bin/true"],
    ),
    ProxyRow::new(
        "external-check path",
        SERVER,
        |words, parse| {
            parse.scratch.checks.program.path = value::bytes(words.need("the directories")?);
            words.done()
        },
        "the PATH of that program",
        usage!["external-check path /usr/bin:/bin"],
    ),
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

/// Makes the check of everything that was said, when the proxy's last line was read. A step with `ssl` needs what
/// TLS connections to its servers are made with.
pub(super) fn complete(parse: &mut ProxyParse<'_>) {
    let is_used = parse.proxy.servers.iter().any(|server| server.check.is_some());
    if parse.scratch.checks.is_program() && is_used {
        check_program(parse);
    }
    parse.proxy.check = parse.scratch.checks.finish();
    let scripts = |server: &ServerConfig| {
        let own = server.check.as_ref().and_then(|check| check.script.as_ref());
        own.or(parse.proxy.check.script()).is_some_and(|script| script.uses_tls())
    };
    let needing: Vec<usize> = (0..parse.proxy.servers.len())
        .filter(|at| {
            let server = &parse.proxy.servers[*at];
            server.check.is_some() && !server.tls.is_on && !server.tls.checks && scripts(server)
        })
        .collect();
    for at in needing {
        let mut server = std::mem::take(&mut parse.proxy.servers[at]);
        if let Err(problem) = crate::sections::server::tls_of_checks(&mut server, parse) {
            parse.cx.report(problem);
        }
        parse.proxy.servers[at] = server;
    }
}

/// Programs run where `global` allows it alone.
fn check_program(parse: &mut ProxyParse<'_>) {
    let mut wrong = |text: &str| {
        let problem = problem_of(codes::CONFLICT, parse.span, text);
        parse.scratch.late.push(*problem);
    };
    if parse.scratch.checks.program.command.is_empty() {
        wrong("`option external-check` needs `external-check command`");
    }
    match parse.global.external_check {
        None => wrong("`option external-check` needs `external-check` in the global section"),
        Some(environment) => {
            parse.scratch.checks.program.keeps_environment = environment == ExternalCheck::PreserveEnv;
        }
    }
}

fn one(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.need("the value")?;
    args::ignore_rest(words, parse);
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

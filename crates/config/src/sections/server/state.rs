//! What a server is called and how it starts (chapter 5.2).

use ::state::server::Role;
use diag::codes;
use logs::LogProto;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};

use super::rows::usage;
use crate::context::ServerParse;
use crate::model::{InitState, OnMarkedDown};
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new("id", id, "the server's number in statistics", usage!["server s9 127.0.0.1:8081 id 9"])
        .single(),
    ServerRow::new(
        "guid",
        guid,
        "a name that is unique and lasts",
        usage!["server s9 127.0.0.1:8081 guid shop-s9"],
    )
    .single(),
    ServerRow::new(
        "backup",
        |_, parse| {
            parse.server.role = Role::Backup;
            Ok(())
        },
        "used only when no other server is up",
        usage!["server s9 127.0.0.1:8081 backup"],
    ),
    ServerRow::new(
        "no-backup",
        |_, parse| {
            parse.server.role = Role::Active;
            Ok(())
        },
        "takes an inherited `backup` back",
        usage!["server s9 127.0.0.1:8081 no-backup"],
    ),
    ServerRow::new(
        "disabled",
        |_, parse| {
            parse.server.is_disabled = true;
            Ok(())
        },
        "starts in maintenance",
        usage!["server s9 127.0.0.1:8081 disabled"],
    ),
    ServerRow::new(
        "enabled",
        |_, parse| {
            parse.server.is_disabled = false;
            Ok(())
        },
        "takes an inherited `disabled` back",
        usage!["server s9 127.0.0.1:8081 enabled"],
    ),
    ServerRow::new(
        "cookie",
        cookie,
        "the value of the persistence cookie",
        usage!["server s9 127.0.0.1:8081 cookie s9"],
    ),
    ServerRow::new(
        "redir",
        redir,
        "clients of GET and HEAD are sent here instead",
        usage!["server s9 127.0.0.1:8081 redir http://img.example.com"],
    ),
    ServerRow::new(
        "non-stick",
        |_, parse| {
            parse.server.is_non_stick = true;
            Ok(())
        },
        "is not stored in stick tables",
        usage!["server s9 127.0.0.1:8081 non-stick"],
    ),
    ServerRow::new(
        "stick",
        |_, parse| {
            parse.server.is_non_stick = false;
            Ok(())
        },
        "takes an inherited `non-stick` back",
        usage!["server s9 127.0.0.1:8081 stick"],
    ),
    ServerRow::new(
        "init-state",
        init_state,
        "the state that it starts in",
        usage!["server s9 127.0.0.1:8081 init-state up"],
    ),
    ServerRow::new(
        "on-marked-down",
        on_marked_down,
        "what becomes of sessions when it goes down",
        usage!["server s9 127.0.0.1:8081 on-marked-down shutdown-sessions"],
    ),
    ServerRow::new(
        "on-marked-up",
        on_marked_up,
        "what becomes of those of backup servers when it comes up",
        usage!["server s9 127.0.0.1:8081 on-marked-up shutdown-backup-sessions"],
    ),
    ServerRow::new(
        "track",
        track,
        "follows the state of another server",
        usage!["server s9 127.0.0.1:8081 track be/s1"],
    ),
    ServerRow::new(
        "shard",
        shard,
        "which keys of a stick table it gets, among peers",
        usage!["server s9 127.0.0.1:8081 shard 1"],
    )
    .noted(),
    ServerRow::new(
        "log-proto",
        log_proto,
        "how log messages are separated",
        usage!["server s9 127.0.0.1:8081 log-proto legacy"],
    ),
    ServerRow::new(
        "log-bufsize",
        log_bufsize,
        "how large the ring of a log backend's server is, in bytes",
        usage!["server s9 127.0.0.1:8081 log-bufsize 16384"],
    ),
];

fn id(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number")?;
    let range = 1..=i64::from(u32::MAX);
    parse.server.puid = value::number(word, "the id of a server", range, parse.line.cx.diags)?;
    Ok(())
}

fn guid(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const BYTES_MAX: usize = 127;
    let word = words.need("the name")?;
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    if word.text.len() > BYTES_MAX || !word.text.iter().all(is_allowed) {
        let text = "a guid has 127 characters at most: letters, digits, `-`, `_`, `.` and `:`";
        return Err(problem(word.span, text));
    }
    parse.server.guid = Some(value::text(word));
    Ok(())
}

fn cookie(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.cookie = Some(value::bytes(words.need("the value")?));
    Ok(())
}

fn redir(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.redir = Some(value::bytes(words.need("where clients are sent")?));
    Ok(())
}

fn init_state(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const STATES: &[&str] = &["none", "fully-up", "up", "down", "fully-down"];
    const HEALTH: [InitState; 5] =
        [InitState::Up, InitState::FullyUp, InitState::Up, InitState::Down, InitState::FullyDown];
    parse.server.init_state = HEALTH[value::choice(words.need("the state")?, STATES)?];
    Ok(())
}

fn on_marked_down(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("`shutdown-sessions`")?, &["shutdown-sessions"])?;
    parse.server.on_marked_down = OnMarkedDown::ShutdownSessions;
    Ok(())
}

fn on_marked_up(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("`shutdown-backup-sessions`")?, &["shutdown-backup-sessions"])?;
    parse.server.ends_backup_sessions = true;
    Ok(())
}

/// `[PROXY/]SERVER`; the names are those of the whole configuration.
fn track(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    use ::state::proxy::Sides;
    use sample::compile::Names;
    let word = words.need("the other server, `NAME` or `PROXY/NAME`")?;
    let names = parse.line.cx.names;
    let (proxy, server) = match word.text.iter().position(|byte| *byte == b'/') {
        None => (parse.line.proxy.id, &word.text[..]),
        Some(at) => {
            let Some(proxy) = names.proxy(&word.text[..at], Sides::Backend) else {
                let text = format!("no backend is called `{}`", base::Lossy(&word.text[..at]));
                return Err(problem(word.span, text));
            };
            (proxy.id, &word.text[at + 1..])
        }
    };
    // In a defaults section the proxy is not known yet.
    if parse.line.pass != crate::context::Pass::Defaults {
        let Some(server) = names.server(proxy, server) else {
            return Err(problem_of(
                codes::UNKNOWN_SERVER,
                word.span,
                format!("there is no server `{}` to track", word.lossy()),
            ));
        };
        parse.server.track = Some((proxy, server));
    }
    Ok(())
}

fn shard(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number")?;
    value::number::<u32>(word, "a shard", value::COUNT, parse.line.cx.diags).map(drop)
}

fn log_proto(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("`legacy` or `octet-count`")?;
    let protos = [LogProto::Legacy, LogProto::OctetCount];
    parse.server.log_proto = protos[value::choice(word, &["legacy", "octet-count"])?];
    Ok(())
}

fn log_bufsize(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the size")?;
    parse.server.log_ring_bytes =
        value::number(word, "the size", 1..=i64::from(i32::MAX), parse.line.cx.diags)?;
    Ok(())
}

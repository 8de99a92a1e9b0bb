//! The kinds of check that have an option of their own: `ssl-hello-chk`, `smtpchk`, `ldap-check`, `mysql-check`,
//! `pgsql-check`, `redis-check`, `spop-check` (chapter 4.2). Each is a script of few steps, whose bytes are those of the
//! protocol: RFC 5321, RFC 4511, MySQL's and PostgreSQL's client protocols, Redis' RESP, and SPOP.

use diag::Span;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use sample::logformat::LogFormat;
use state::check::CheckStatus;
use state::pattern::Case;
use state::regexp::Regex;

use super::check_steps::{expr_of, format_of};
use super::{args, check_draft};
use crate::context::ProxyParse;
use crate::model::{
    CheckAction, CheckConnect, CheckCustom, CheckExpect, CheckPattern, CheckProtocol, CheckSend, CheckStep,
};

/// The first line of an answer.
const FIRST_LINE: &[u8] = b"%[res.payload(0,0),cut_crlf]";
/// What stands behind the code of an SMTP answer.
const SMTP_TEXT: &[u8] = b"%[res.payload(4,0),ltrim(' '),cut_crlf]";

/// Collects the steps of a script.
struct Maker<'m, 'p> {
    steps: Vec<CheckStep>,
    span: Span,
    parse: &'m mut ProxyParse<'p>,
}

impl<'m, 'p> Maker<'m, 'p> {
    fn new(parse: &'m mut ProxyParse<'p>) -> Self {
        Maker { steps: Vec::new(), span: parse.span, parse }
    }

    fn push(&mut self, action: CheckAction) {
        let number = u32::try_from(self.steps.len() + 1).unwrap_or(u32::MAX);
        self.steps.push(CheckStep { number, comment: None, action });
    }

    /// Some servers take a reset for an error of their client: their connections end in good order.
    fn connect_politely(&mut self) {
        let connect = CheckConnect { is_default: true, lingers: true, ..CheckConnect::default() };
        self.push(CheckAction::Connect(connect));
    }

    fn send(&mut self, bytes: impl Into<Box<[u8]>>) {
        self.push(CheckAction::Send(CheckSend::Bytes(bytes.into())));
    }

    fn expect(&mut self, expect: CheckExpect) {
        self.push(CheckAction::Expect(Box::new(expect)));
    }

    fn custom(&mut self, what: CheckCustom) {
        self.expect(CheckExpect::new(CheckPattern::Custom(what)));
    }

    fn format(&mut self, text: &[u8]) -> Result<Option<LogFormat>, Problem> {
        format_of(text, self.span, self.parse).map(Some)
    }

    fn regex(&self, text: &[u8]) -> Result<Regex, Problem> {
        let refused = |error| sample::compile::regex_problem(self.span, &error);
        Regex::new(text, Case::Sensitive).map_err(refused)
    }

    fn finish(self) {
        let script = check_draft::complete(self.steps, CheckProtocol::Other, false, false);
        self.parse.scratch.checks.choose_fixed(script);
    }
}

pub(super) fn redis(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.send(*b"*1\r\n$4\r\nPING\r\n");
    let expect = CheckExpect {
        error_status: Some(CheckStatus::L7Status),
        on_error: maker.format(FIRST_LINE)?,
        on_success: Some(LogFormat::constant(b"Redis server is ok")),
        ..CheckExpect::new(CheckPattern::Text((*b"+PONG\r\n").into()))
    };
    maker.expect(expect);
    maker.finish();
    Ok(())
}

/// Whoever answers with a handshake message or an alert knows TLS, whatever it thinks of the version.
pub(super) fn ssl_hello(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.push(CheckAction::Send(CheckSend::SslHello));
    let expect = CheckExpect {
        min_recv: Some(5),
        ok_status: Some(CheckStatus::L6Ok),
        error_status: Some(CheckStatus::L6Response),
        timeout_status: Some(CheckStatus::L6Timeout),
        ..CheckExpect::new(CheckPattern::BinaryRegex(maker.regex(b"^1[56]")?))
    };
    maker.expect(expect);
    maker.finish();
    Ok(())
}

pub(super) fn smtp(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut command = b"HELO localhost".to_vec();
    if let Some(word) = words.next() {
        let domain = words.need("the domain")?;
        if *word == "HELO" || *word == "EHLO" {
            command = [word.text.as_slice(), b" ", &domain.text].concat();
        }
    }
    words.done()?;
    command.extend_from_slice(b"\r\n");
    let mut maker = Maker::new(parse);
    maker.connect_politely();
    let greeting = CheckExpect {
        min_recv: Some(4),
        error_status: Some(CheckStatus::L7Response),
        on_error: maker.format(FIRST_LINE)?,
        ..CheckExpect::new(CheckPattern::Regex(maker.regex(b"^[0-9]{3}[ \r]")?))
    };
    maker.expect(greeting);
    let ready = smtp_answer(&mut maker, b"^2[0-9]{2}[ \r]")?;
    maker.expect(CheckExpect { min_recv: Some(4), on_success: None, ..ready });
    maker.send(command);
    let welcome = smtp_answer(&mut maker, b"^(2[0-9]{2}-[^\r]*\r\n)*2[0-9]{2}[ \r]")?;
    maker.expect(welcome);
    maker.send(*b"QUIT\r\n");
    let bye = smtp_answer(&mut maker, b"^2[0-9]{2}[- \r]")?;
    maker.expect(CheckExpect { min_recv: Some(4), ..bye });
    maker.finish();
    Ok(())
}

fn smtp_answer(maker: &mut Maker<'_, '_>, pattern: &[u8]) -> Result<CheckExpect, Problem> {
    Ok(CheckExpect {
        error_status: Some(CheckStatus::L7Status),
        on_error: maker.format(SMTP_TEXT)?,
        on_success: maker.format(SMTP_TEXT)?,
        status_code: Some(expr_of(b"res.payload(0,3)", maker.span, maker.parse)?),
        ..CheckExpect::new(CheckPattern::Regex(maker.regex(pattern)?))
    })
}

/// Bytes of an LDAPv3 bind as nobody, with an empty password.
const LDAP_BIND: [u8; 14] = [0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0];

pub(super) fn ldap(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.send(LDAP_BIND);
    let expect = CheckExpect {
        min_recv: Some(14),
        on_error: Some(LogFormat::constant(b"Not LDAPv3 protocol")),
        ..CheckExpect::new(CheckPattern::BinaryRegex(maker.regex(b"^30")?))
    };
    maker.expect(expect);
    maker.custom(CheckCustom::LdapBind);
    maker.finish();
    Ok(())
}

/// A `HAPROXY-HELLO` frame that says `healthcheck`: the agent answers and closes.
fn spop_hello() -> Vec<u8> {
    const HELLO: u8 = 1;
    const STRING: u8 = 8;
    const UINT32: u8 = 3;
    const TRUE: u8 = 0x11;
    let text = |text: &[u8]| [&[u8::try_from(text.len()).unwrap_or(0)], text].concat();
    // A variable-length integer: 16,380 is 0xfc, then what is left of it by sixteenths.
    let frame_size_max = [0xfc, 0xf0, 0x06];
    let payload = [
        &[HELLO, 0, 0, 0, 1, 0, 0][..],
        &text(b"supported-versions"),
        &[STRING],
        &text(b"2.0"),
        &text(b"max-frame-size"),
        &[UINT32],
        &frame_size_max,
        &text(b"capabilities"),
        &[STRING],
        &text(b""),
        &text(b"healthcheck"),
        &[TRUE],
    ]
    .concat();
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    [&length[..], &payload].concat()
}

pub(super) fn spop(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.push(CheckAction::Connect(CheckConnect { is_default: true, ..CheckConnect::default() }));
    maker.send(spop_hello());
    maker.custom(CheckCustom::SpopHello);
    maker.finish();
    Ok(())
}

pub(super) fn pgsql(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`user` and the user's name")?;
    if *word != "user" {
        return Err(args::unexpected(word, &["user"]));
    }
    let user = words.need("the user's name")?;
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.connect_politely();
    maker.send(pgsql_startup(&user.text));
    let no_error = CheckExpect {
        is_negated: true,
        min_recv: Some(5),
        error_status: Some(CheckStatus::L7Response),
        on_error: maker.format(b"%[res.payload(6,0)]")?,
        ..CheckExpect::new(CheckPattern::Regex(maker.regex(b"^E")?))
    };
    maker.expect(no_error);
    // An authentication request of any of the known kinds.
    let kinds = b"^52000000[A-Z0-9]{2}000000(00|02|03|04|05|06|07|09|0A)";
    let authentication = CheckExpect {
        min_recv: Some(9),
        error_status: Some(CheckStatus::L7Status),
        on_success: Some(LogFormat::constant(b"PostgreSQL server is ok")),
        on_error: Some(LogFormat::constant(b"PostgreSQL unknown error")),
        ..CheckExpect::new(CheckPattern::BinaryRegex(maker.regex(kinds)?))
    };
    maker.expect(authentication);
    maker.finish();
    Ok(())
}

/// A start-up message of version 3.0: its length, the version, and the user.
fn pgsql_startup(user: &[u8]) -> Vec<u8> {
    let rest = [&[0, 3, 0, 0][..], b"user\0", user, b"\0\0"].concat();
    let length = u32::try_from(rest.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
    [&length[..], &rest].concat()
}

/// How a MySQL client logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MysqlLogin {
    Pre41,
    Post41,
    Post80,
}

pub(super) fn mysql(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut login = None;
    if let Some(word) = words.next() {
        if *word != "user" {
            return Err(args::unexpected(word, &["user"]));
        }
        let user = words.need("the user's name")?;
        let version = match words.next() {
            None => MysqlLogin::Post41,
            Some(word) if *word == "post-41" => MysqlLogin::Post41,
            Some(word) if *word == "pre-41" => MysqlLogin::Pre41,
            Some(word) if *word == "post-80" => MysqlLogin::Post80,
            Some(word) => return Err(args::unexpected(word, &["post-41", "pre-41", "post-80"])),
        };
        if user.text.len() > MYSQL_USER_BYTES_MAX {
            return Err(problem_of(diag::codes::NUMBER, user.span, "the user's name is too long"));
        }
        login = Some(mysql_login(version, &user.text));
    }
    words.done()?;
    let mut maker = Maker::new(parse);
    maker.connect_politely();
    match login {
        None => maker.custom(CheckCustom::MysqlGreeting),
        Some(login) => {
            maker.send(login);
            maker.custom(CheckCustom::MysqlGreeting);
            maker.custom(CheckCustom::MysqlLogin);
        }
    }
    maker.finish();
    Ok(())
}

/// Far more than MySQL allows.
const MYSQL_USER_BYTES_MAX: usize = 1024;

/// A login without a password, and the command to quit.
fn mysql_login(version: MysqlLogin, user: &[u8]) -> Vec<u8> {
    const QUIT: [u8; 5] = [1, 0, 0, 0, 1];
    const UTF8: u8 = 0x21;
    let flags: &[u8] = match version {
        // Without the password's place, a limit of 1 for packets: 24 bits of it.
        MysqlLogin::Pre41 => &[0, 0x80, 0, 0, 1],
        MysqlLogin::Post41 => &[0, 0x82, 0, 0, 0, 0x80, 0, 1, UTF8],
        MysqlLogin::Post80 => &[0, 0x82, 8, 0, 0, 0x80, 0, 1, UTF8],
    };
    let filler: &[u8] = if version == MysqlLogin::Pre41 { &[] } else { &[0; 23] };
    let plugin: &[u8] = if version == MysqlLogin::Post80 { b"mysql_native_password\0" } else { b"" };
    let packet = [flags, filler, user, b"\0", &[0], plugin].concat();
    let length = u32::try_from(packet.len()).unwrap_or(0).to_le_bytes();
    // The length takes three bytes, the number of the packet one.
    [&length[..3], &[1], &packet, &QUIT].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn messages() {
        assert_eq!(hex(&pgsql_startup(b"postgres")), "00000017000300007573657200706f7374677265730000");
        assert_eq!(hex(&mysql_login(MysqlLogin::Pre41, b"user")), "0b00000100800000017573657200000100000001");
        let post_41 = "26000001008200000080000121000000000000000000000000000000000000000000000075736572\
                       00000100000001";
        assert_eq!(hex(&mysql_login(MysqlLogin::Post41, b"user")), post_41);
        assert_eq!(mysql_login(MysqlLogin::Post80, b"user").len(), 47 + 22);
    }

    #[test]
    fn the_hello_of_an_agent() {
        let hello = spop_hello();
        assert_eq!(hello[..4], [0, 0, 0, 78]);
        assert_eq!(hello.len(), 82);
        let head = "0000004e010000000100001273757070";
        assert!(hex(&hello).starts_with(head));
        assert!(hex(&hello).ends_with("6c697469657308000b6865616c7468636865636b11"));
    }
}

//! Options of the TCP socket (chapter 5.1).

use base::units::TimeUnit;
use net::listen::V6;
use rules::Words;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use super::rows::usage;
use crate::context::BindParse;
use crate::row::BindRow;
use crate::sections::value;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new(
        "v4v6",
        |_, parse| {
            parse.bind.options.v6 = V6::Both;
            Ok(())
        },
        "an IPv6 address takes IPv4 clients too",
        usage!["bind :::8080 v4v6"],
    ),
    BindRow::new(
        "v6only",
        |_, parse| {
            parse.bind.options.v6 = V6::Only;
            Ok(())
        },
        "an IPv6 address takes IPv6 clients only",
        usage!["bind :::8080 v6only"],
    ),
    BindRow::new(
        "transparent",
        |_, parse| {
            parse.bind.options.transparent = true;
            Ok(())
        },
        "the address may be another machine's (TPROXY)",
        usage!["bind :8080 transparent"],
    ),
    BindRow::new(
        "defer-accept",
        |_, parse| {
            parse.bind.options.defer_accept = true;
            Ok(())
        },
        "a connection is accepted once its client has sent something",
        usage!["bind :8080 defer-accept"],
    ),
    BindRow::new(
        "tfo",
        |_, parse| {
            parse.bind.options.fast_open = Some(FAST_OPENS_PENDING);
            Ok(())
        },
        "clients may send data with the first packet (TCP fast open)",
        usage!["bind :8080 tfo"],
    ),
    BindRow::new(
        "interface",
        interface,
        "listens on one network interface only",
        usage!["bind :8080 interface eth0"],
    ),
    BindRow::new("mss", mss, "the largest segment to ask of clients", usage!["bind :8080 mss 1400"]),
    BindRow::new(
        "tcp-ut",
        user_timeout,
        "how long data may stay unacknowledged",
        usage!["bind :8080 tcp-ut 30s"],
    ),
    BindRow::new("cc", congestion, "the congestion control algorithm", usage!["bind :8080 cc cubic"]),
    BindRow::new(
        "namespace",
        namespace,
        "listens in a network namespace",
        usage!["bind :8080 namespace blue"],
    ),
    BindRow::new(
        "tcp-md5sig",
        md5sig,
        "signs segments with this password (RFC 2385)",
        usage!["bind :8080 tcp-md5sig secret"],
    ),
    BindRow::new(
        "tcp-ss",
        save_syn,
        "keeps the first packet of each connection",
        usage!["bind :8080 tcp-ss 1"],
    ),
];

/// Handshakes with data that may be pending at once.
const FAST_OPENS_PENDING: u32 = 1024;
/// The longest password of RFC 2385 that Linux takes.
const MD5SIG_BYTES_MAX: usize = 80;

fn interface(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.options.interface = Some(value::text(words.need("the interface's name")?).into());
    Ok(())
}

fn mss(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of bytes")?;
    let mss: i32 = value::number(word, "the size of a segment", -65_535..=65_535, parse.line.cx.diags)?;
    if mss == 0 {
        return Err(problem(word.span, "a segment of 0 bytes carries nothing"));
    }
    parse.bind.options.mss = Some(mss);
    Ok(())
}

fn user_timeout(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    parse.bind.options.user_timeout = (!time.is_zero()).then_some(time);
    Ok(())
}

fn congestion(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.options.congestion = Some(value::text(words.need("the algorithm")?).into());
    Ok(())
}

fn namespace(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.options.namespace = Some(value::text(words.need("the namespace")?).into());
    Ok(())
}

fn md5sig(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.options.md5sig = Some(signature_key(words.need("the password")?)?);
    Ok(())
}

/// The password of `tcp-md5sig`.
pub(crate) fn signature_key(word: &Word) -> Result<Box<[u8]>, Problem> {
    match word.text.len() {
        0 => Err(problem(word.span, "the password is empty")),
        len if len > MD5SIG_BYTES_MAX => {
            Err(problem(word.span, "the password is too long: 80 bytes are the limit"))
        }
        _ => Ok(word.text.as_slice().into()),
    }
}
fn save_syn(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("0, 1 or 2")?;
    let mode: u8 = value::number(word, "what is kept", 0..=2, parse.line.cx.diags)?;
    parse.bind.options.save_syn = (mode > 0).then_some(mode);
    Ok(())
}

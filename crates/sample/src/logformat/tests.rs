//! Whole lines, as they come out.

use std::time::Duration;

use base::clock::Millis;

use super::flags::Flags;
use super::{HTTP, HTTP_CLF, HTTPS, Item, Lead, LogFormat, Options, Style, TCP, What, variable};
use crate::compile::Place;
use crate::testing::{self, TestNames};
use crate::txn::{CookieTrace, ListenerFacts, Presence, Termination, Times, Txn};

fn compile(text: &str, style: Style) -> Result<LogFormat, String> {
    let (format, _) = testing::compiling(Place::Log, &TestNames::default(), |compile| {
        LogFormat::compile(text.as_bytes(), style, compile)
    });
    format.map_err(|problem| problem.message)
}

fn render(text: &str, style: Style, txn: &Txn) -> String {
    let mut out = Vec::new();
    compile(text, style).unwrap().render(txn, &mut out);
    String::from_utf8(out).unwrap()
}

fn log(text: &str, txn: &Txn) -> String {
    render(text, Style::Log, txn)
}

/// A finished exchange.
fn done() -> Txn {
    let mut txn = testing::txn();
    txn.req.head.start_request(b"GET", b"/a\"b?c=\xc3", http::message::Version::Http11);
    txn.req.presence = Presence::Here;
    txn.times = Times {
        start: txn.session.accepted,
        first_byte: Some(Millis(11)),
        request: Some(Millis(12)),
        queued: Some(Millis(12)),
        connected: Some(Millis(14)),
        response: Some(Millis(44)),
        end: Some(Millis(45)),
        ..Times::default()
    };
    txn.log.status = 200;
    txn.log.bytes_out = 2750;
    txn.log.termination = Termination { cause: b'-', phase: b'-' };
    txn.log.cookie = CookieTrace { request: b'N', response: b'I' };
    txn.log.connections = [4, 3, 2, 1];
    txn.req_captures = vec![Some(b"a|b".as_slice().into()), None];
    txn
}

#[test]
fn the_http_format() {
    let line = log(std::str::from_utf8(HTTP).unwrap(), &done());
    let (before, rest) = line.split_once('[').unwrap();
    let (date, rest) = rest.split_once(']').unwrap();
    assert_eq!(before, "192.0.2.1:1234 ");
    assert!(date.ends_with(":20.010"), "{date}");
    let wanted =
        " px px/<NOSRV> 1/0/2/30/34 200 2750 - - --NI 4/3/2/1/0 0/0 {a#7Cb|} \"GET /a#22b?c=#C3 HTTP/1.1\"";
    assert_eq!(rest, wanted);
}

/// Exchanges in which what can be absent is, or holds what must be escaped.
fn odd() -> Vec<Txn> {
    let mut unix = done();
    unix.session.src = None;
    unix.session.dst = None;
    unix.req_captures = vec![Some(b"a\0b".as_slice().into()), Some(b"\x01|\xff".as_slice().into())];
    unix.unique_id = Some(b"id\0rest".as_slice().into());
    let mut early = done();
    early.log.is_early = true;
    early.log.is_redispatched = true;
    early.log.bytes_out = u64::MAX;
    early.res_captures = vec![None];
    early.session.listener = std::sync::Arc::new(ListenerFacts { is_tls: true, ..Default::default() });
    early.session.src = Some("[2001:db8::1]:99".parse().unwrap());
    early.unique_id = Some(Default::default());
    vec![done(), testing::txn(), unix, early]
}

#[test]
fn the_short_way_writes_what_the_long_one_does() {
    for name in variable::names().filter(|name| *name != "o") {
        for given in ["", "+Q", "-M", "+Q,-M"] {
            let format = compile(&format!("%{{{given}}}{name}"), Style::Log).unwrap();
            let flags = Style::Log.flags().apply(given.as_bytes());
            let (variable, needs) = variable::lookup(name.as_bytes()).unwrap();
            let what = What::Variable(variable, Box::new(Options { flags, ..Options::default() }));
            let long =
                LogFormat { items: vec![Item { lead: Lead::new(b""), what }], flags: Flags::NONE, needs };
            for txn in odd() {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                format.render(&txn, &mut one);
                long.render(&txn, &mut other);
                assert_eq!(
                    base::Lossy(&one).to_string(),
                    base::Lossy(&other).to_string(),
                    "%{{{given}}}{name}"
                );
            }
        }
    }
}

#[test]
fn the_clf_format_quotes_all() {
    let line = log(std::str::from_utf8(HTTP_CLF).unwrap(), &done());
    assert!(line.starts_with(
        "192.0.2.1 - - [14/Nov/2023:22:13:20 +0000] \"GET /a#22b?c=#C3 HTTP/1.1\" 200 2750 \"\" \"\" 1234 000"
    ));
    assert!(
        line.ends_with("\"px\" \"px\" \"<NOSRV>\" 1 0 2 30 34 --NI 4 3 2 1 0 0 0 \"\" \"\" \"a#7Cb\" \"\" "),
        "{line}"
    );
}

#[test]
fn the_tcp_format_of_an_early_line() {
    let mut txn = done();
    txn.log.is_early = true;
    txn.log.is_redispatched = true;
    txn.log.retries = 2;
    let line = log(std::str::from_utf8(TCP).unwrap(), &txn);
    assert!(line.ends_with("] px px/<NOSRV> 0/2/+44 +2750 -- 4/3/2/1/+2 0/0"), "{line}");
}

#[test]
fn spaces_merge_in_logs_only() {
    let mut txn = done();
    txn.req_captures.clear();
    assert_eq!(log("  a  b %hr %hs c ", &txn), "a b c ");
    assert_eq!(render("  a  b %hr c", Style::Header, &txn), "  a  b  c");
}

#[test]
fn flags_and_their_reach() {
    let txn = done();
    assert_eq!(log("%{+X}ci %{+X}cp %{+X}pid", &txn), "C0000201 04D2 0000");
    assert_eq!(log("%{+Q}o %f %{-Q}f %CC", &txn), "\"px\" px \"\"");
    assert_eq!(log("%CC %{-M}CC|%ID", &txn), "- |-");
    assert_eq!(log(r#"%{+Q,+E}[str('a"b]c')]"#, &txn), r#""a\"b\]c""#);
    assert_eq!(log("%(key)f %(key:str)f %{+Q}f", &txn), "px px \"px\"");
}

#[test]
fn percent_signs() {
    let txn = done();
    assert_eq!(log("100%% %%f", &txn), "100% %f");
    assert_eq!(log("%\"%f%\"", &txn), "\"px\"");
    assert!(compile("a% b", Style::Log).unwrap_err().contains("%%"));
    assert!(compile("a%", Style::Log).is_err());
    assert!(compile("%1", Style::Log).is_err());
    assert!(compile("%nope", Style::Log).unwrap_err().contains("`%nope`"));
    assert!(compile("%{+Q", Style::Log).is_err());
    assert!(compile("%{+Q} ", Style::Log).is_err());
    assert!(compile("%(a:float)f", Style::Log).is_err());
    assert!(compile("%[src", Style::Log).is_err());
}

#[test]
fn headers_are_not_quoted_and_end_no_line() {
    let txn = done();
    assert_eq!(render("%{+Q}[str(a b)]", Style::Header, &txn), "a b");
    assert_eq!(render("%[str(a%0d%0ab%7f%09c),url_dec]", Style::Header, &txn), "a%0D%0Ab%7F\tc");
}

#[test]
fn json() {
    let txn = done();
    let text =
        "%{+json}o ignored %(ip)ci %(port)cp %(none)[req.hdr(x)] %(bytes:str)B %(yes:bool)ST %r %(caps)hrl";
    let wanted = r##"{"ip": "192.0.2.1", "port": 1234, "none": "", "bytes": "2750", "yes": true, "caps": ["a#7Cb", "-"]}"##;
    assert_eq!(log(text, &txn), wanted);
}

#[test]
fn cbor_in_hexadecimal() {
    let txn = done();
    // {"a": "px", "b": 1234, "c": 2750}
    assert_eq!(log("%{+cbor}o %(a)f %(b)cp %(c)B", &txn), "BF616162707861621904D26163190ABEFF");
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    let (start, rest, last) = (hex("GET /a"), hex("b?c="), hex(" HTTP/1.1"));
    let line = format!("7F66{start}63{}64{rest}63{}69{last}FF", hex("#22"), hex("#C3"));
    assert_eq!(log("%{+cbor}o %(r)r", &txn), format!("BF6172{line}FF"));
    assert_eq!(
        log("%{+cbor}o %(n)[int(-500)] %(b)[bin(4142)] %(i)ID", &txn),
        "BF616E3901F361625F424142FF6169F6FF"
    );
}

#[test]
fn constants_are_recognised() {
    assert_eq!(compile("plain text", Style::Header).unwrap().is_constant(), Some(&b"plain text"[..]));
    assert_eq!(compile("", Style::Header).unwrap().is_constant(), Some(&b""[..]));
    assert_eq!(compile("x", Style::Header).unwrap().is_constant(), Some(&b"x"[..]));
    assert_eq!(compile("%f", Style::Header).unwrap().is_constant(), None);
}

#[test]
fn without_a_request() {
    let mut txn = testing::txn();
    txn.session.accepted_wall = Duration::from_secs(5);
    assert_eq!(log("%{+Q}r %HM %HQ|%TR %Tq %ST", &txn), "\"<BADREQ>\" <BADREQ> <BADREQ>|-1 -1 -1");
}

/// A finished exchange over TLS with a client whose certificate had an error that was passed over.
fn secured() -> Txn {
    use rcgen::DnType;

    let subject = [(DnType::CountryName, "FR"), (DnType::CommonName, "client1")];
    let (certificate, _) = crate::fetches::tls::testing::made(&subject, |_| {});
    let mut txn = done();
    txn.session.listener = std::sync::Arc::new(ListenerFacts { is_tls: true, ..Default::default() });
    txn.session.tls = Some(std::sync::Arc::new(tls::facts::Facts {
        version: Some(tls::version::Version::Tls13),
        suite: Some(0x1302),
        sni: Some("foo.com".into()),
        peer_chain: vec![certificate.der().clone()],
        verification: tls::verify::Verification {
            code: tls::verify::VerifyCode(18),
            err: tls::verify::VerifyCode(18),
            ..Default::default()
        },
        ..Default::default()
    }));
    txn
}

#[test]
fn the_https_format() {
    let line = log(std::str::from_utf8(HTTPS).unwrap(), &secured());
    let end =
        "\"GET /a#22b?c=#C3 HTTP/1.1\" 0/0000000000000000/18/0/0 foo.com/TLSv1.3/TLS_AES_256_GCM_SHA384";
    assert!(line.ends_with(end), "{line}");
    assert!(line.contains("] px~ px/<NOSRV> "), "{line}");
}

#[test]
fn the_https_format_of_a_client_without_tls_and_of_a_failed_handshake() {
    let line = log(std::str::from_utf8(HTTPS).unwrap(), &done());
    assert!(line.ends_with(" 0/-/-/-/0 -/-/-"), "{line}");
    let mut txn = secured();
    txn.session.conn_error = Some(crate::conn_error::ConnError::SslHandshake);
    txn.session.tls = Some(std::sync::Arc::new(tls::facts::Facts {
        failure: Some(tls::failure::HandshakeFailure {
            kind: tls::failure::FailureKind::Handshake,
            code: 0x0a00_00c1,
            text: "error:0A0000C1:SSL routines::no shared cipher".into(),
        }),
        version: Some(tls::version::Version::Tls12),
        ..Default::default()
    }));
    let line = log(std::str::from_utf8(HTTPS).unwrap(), &txn);
    assert!(line.ends_with(" 34/000000000A0000C1/0/0/0 -/TLSv1.2/(NONE)"), "{line}");
}

#[test]
fn a_line_with_the_client_s_certificate() {
    let text = "%ci:%cp [%t] %ft %b/%s %Tq/%Tw/%Tc/%Tr/%Tt %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs \
                {%[ssl_c_verify],%{+Q}[ssl_c_s_dn],%{+Q}[ssl_c_i_dn]} %{+Q}r";
    let line = log(text, &secured());
    let end = " 0/0 {a#7Cb|} {18,\"/C=FR/CN=client1\",\"/C=FR/CN=client1\"} \"GET /a#22b?c=#C3 HTTP/1.1\"";
    assert!(line.ends_with(end), "{line}");
    assert!(line.contains("] px~ px/<NOSRV> 11/0/2/30/"), "{line}");
    let plain = log(text, &done());
    assert!(plain.ends_with(" {-,\"\",\"\"} \"GET /a#22b?c=#C3 HTTP/1.1\""), "{plain}");
}

#[test]
fn a_certificate_in_a_header_is_not_quoted() {
    let text = "%{+Q}[ssl_c_s_dn(cn)] %{+Q}[ssl_c_notbefore] %[ssl_c_verify] %[ssl_fc]";
    assert_eq!(render(text, Style::Header, &secured()), "client1 130613000000Z 18 1");
}

//! How large the records are that a client gets. Manual: `tune.ssl.maxrecord`, `tune.ssl.hard-maxrecord`.

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{HTTP, Origin, Proxy, is_reference, s_client};

/// The lengths of the records with data, as `s_client -msg` shows their headers: type 23, version 3.3, length.
fn data_records(shown: &str) -> Vec<usize> {
    // It follows the data without a line of its own.
    let is_received = |line: &str| line.contains("<<< ") && line.contains("RecordHeader");
    let mut lengths = Vec::new();
    let mut lines = shown.lines();
    while let Some(line) = lines.next() {
        if is_received(line)
            && let Some(header) = lines.next()
            && let Some(length) = header.trim().strip_prefix("17 03 03 ")
        {
            lengths.push(usize::from_str_radix(&length.replace(' ', ""), 16).expect("two bytes"));
        }
    }
    lengths
}

/// The lengths of the records that a large answer comes in.
fn records(global: &str) -> Vec<usize> {
    let origin = Origin::fixed(Box::leak("x".repeat(400_000).into_boxed_str()));
    let text = format!(
        "global\n{global}\n{HTTP}\nlisten fe\n    bind \"fd@${{tls}}\" ssl crt ./site.pem ssl-min-ver TLSv1.3\n    server s {}\n",
        origin.address()
    );
    let pem = Authority::new("Example CA").issue(&Subject::server(&["a.test"])).pem();
    let proxy = Proxy::builder(&text).file("site.pem", pem).start();
    let request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let shown = s_client(proxy.address("tls"), &["-msg"], request, proxy.directory()).stdout;
    let lengths = data_records(&shown);
    let data: usize = lengths.iter().sum();
    assert!(data > 400_000, "{data} bytes in {} records", lengths.len());
    lengths
}

/// What a record has besides its data under TLS 1.3.
const OVERHEAD: usize = 17;
/// The largest record with something else than data that may come among them: tickets, the end of the handshake.
const HANDSHAKE: usize = 1200;

#[test]
fn records_are_large_where_nothing_limits_them() {
    let lengths = records("");
    assert!(lengths.iter().any(|length| *length > 16_000), "{lengths:?}");
}

#[test]
fn no_record_is_larger_than_the_hard_limit() {
    let lengths = records("    tune.ssl.hard-maxrecord 2000");
    assert!(lengths.iter().all(|length| *length <= 2000 + OVERHEAD), "{lengths:?}");
    assert!(lengths.len() >= 200, "{} records", lengths.len());
}

#[test]
fn the_first_records_are_small() {
    let lengths = records("    tune.ssl.maxrecord 1419");
    let data: Vec<usize> = lengths.into_iter().skip_while(|length| *length < HANDSHAKE).collect();
    assert!(data[..8].iter().all(|length| *length <= 1419 + OVERHEAD), "{data:?}");
    if !is_reference() {
        // HAProxy waits until reads fill its buffers several times in a row, which this client is too slow for.
        assert!(data.iter().any(|length| *length > 8_000), "later ones are large: {data:?}");
    }
}

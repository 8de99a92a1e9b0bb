//! The first message of a TLS client (RFC 8446 section 4.1.2), for frontends that look at it without ending TLS.

/// A TLS record with a ClientHello of TLS 1.2 and 1.3 that names `host`.
pub(super) fn client_hello(host: Option<&str>) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(host) = host {
        // RFC 6066 section 3: a list of one host name.
        let name = [&[0][..], &sized(host.as_bytes())].concat();
        extension(0, &sized(&name), &mut extensions);
    }
    extension(43, &[4, 3, 4, 3, 3], &mut extensions);
    extension(10, &sized(&[0, 0x1d, 0, 0x17]), &mut extensions);
    extension(13, &sized(&[4, 3, 8, 4]), &mut extensions);
    extension(16, &sized(b"\x08http/1.1"), &mut extensions);
    let mut body = vec![3, 3];
    body.extend_from_slice(&[0; 32]);
    body.push(0);
    body.extend_from_slice(&sized(&[0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f]));
    body.extend_from_slice(&[1, 0]);
    body.extend_from_slice(&sized(&extensions));
    let handshake = [&[1, 0][..], &sized(&body)].concat();
    [&[22, 3, 1][..], &sized(&handshake)].concat()
}

fn extension(number: u8, data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, number]);
    out.extend_from_slice(&sized(data));
}

/// `data` behind its length in two bytes; host names are far shorter than that allows.
fn sized(data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data = data.get(..usize::from(len)).unwrap_or_default();
    [&len.to_be_bytes()[..], data].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_what_it_is() {
        let record = client_hello(Some("www.example.com"));
        let hello = tls::hello::ClientHello::parse(&record[9..]).expect("a hello");
        assert_eq!(hello.server_name(), Some(&b"www.example.com"[..]));
    }
}

//! `option httpchk METHOD URI VERSION` with header lines behind the version, or a host: today the request stands in
//! `http-check send`.

use super::Verdict;
use crate::layout::Line;
use syntax::{escaped, plain_word};

/// An `option httpchk` line.
pub(super) fn judge(line: &Line<'_>) -> Verdict {
    let arguments = line.ranges().len().saturating_sub(2);
    let Some(version) = (arguments >= 3).then(|| plain_word(line.word(4))).flatten() else {
        return Verdict::Leave;
    };
    let mut parts = version.split(|byte| *byte == b'\n').map(|part| part.strip_suffix(b"\r").unwrap_or(part));
    let version = parts.next().unwrap_or_default();
    let mut send = Vec::from(b"http-check send meth ");
    send.extend_from_slice(line.word(2));
    send.extend_from_slice(b" uri ");
    send.extend_from_slice(line.word(3));
    send.extend_from_slice(b" ver ");
    send.extend(escaped(version));
    let mut headers = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let Some(colon) = part.iter().position(|byte| *byte == b':') else {
            return Verdict::keep("what stands behind the version is no header line");
        };
        headers.push((part[..colon].to_vec(), part[colon + 1..].trim_ascii().to_vec()));
    }
    if arguments >= 4 {
        let Some(host) = plain_word(line.word(5)) else { return Verdict::Leave };
        headers.push((b"Host".to_vec(), host));
    }
    if headers.is_empty() {
        return Verdict::Leave;
    }
    for (name, value) in headers {
        send.extend_from_slice(b" hdr ");
        send.extend(escaped(&name));
        send.push(b' ');
        send.extend(escaped(&percent_doubled(&value)));
    }
    Verdict::Replace { words: 0..line.ranges().len(), by: b"option httpchk".to_vec(), more: vec![send] }
}

/// Text as a log format that means it.
pub(super) fn percent_doubled(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        out.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'%')));
    }
    out
}

//! `req.hdrs_bin`, `res.hdrs_bin`: all headers in a binary form.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

const fn of(name: &'static str, needs: Needs, run: FetchFn, examples: &'static [Example]) -> Fetch {
    row(
        name,
        Type::Bin,
        needs,
        run,
        Doc {
            brief: "all headers in a binary form",
            long: "Name and value in turn, each behind its length as a number of SPOE's variable size; two empty ones \
                   at the end.",
            examples,
        },
    )
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.hdrs_bin",
        Needs::REQUEST,
        |txn, _, _| packed(txn, REQUEST),
        &[example("req.hdrs_bin,hex", "GET / HTTP/1.1\nX: ab", "01780261620000")],
    ),
    &of(
        "res.hdrs_bin",
        Needs::RESPONSE,
        |txn, _, _| packed(txn, RESPONSE),
        &[example("res.hdrs_bin,hex", "HTTP/1.1 200 OK", "0000")],
    ),
];

fn packed(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |head| {
        let mut out = Vec::new();
        for (name, value) in &head.fields {
            push_length(&mut out, name.len());
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            push_length(&mut out, value.len());
            out.extend_from_slice(value);
        }
        out.extend_from_slice(&[0, 0]);
        Value::binary(out).into()
    })
}

/// A number of variable size: below 240 one byte; else its low four bits under 240, then seven bits a byte, the lowest
/// first, the top bit saying that more follow.
fn push_length(out: &mut Vec<u8>, len: usize) {
    let byte = |n: usize| u8::try_from(n & 0xff).unwrap_or(0);
    if len < 240 {
        return out.push(byte(len));
    }
    out.push(byte(len | 240));
    let mut rest = (len - 240) >> 4;
    while rest >= 128 {
        out.push(byte(rest | 128));
        rest = (rest - 128) >> 7;
    }
    out.push(byte(rest));
}

#[cfg(test)]
mod tests {
    use super::push_length;

    #[test]
    fn lengths_of_every_size() {
        for (len, wanted) in [
            (0, &[0][..]),
            (239, &[239]),
            (240, &[240, 0]),
            (2287, &[255, 127]),
            (2288, &[240, 128, 0]),
            (264_431, &[255, 255, 127]),
        ] {
            let mut out = Vec::new();
            push_length(&mut out, len);
            assert_eq!(out, wanted, "{len}");
        }
    }
}

//! `language`: the preferred one of several languages, by an `Accept-Language` field.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "language",
    aliases: &[],
    params: &[Param::required("offered", Kind::Str), Param::optional("otherwise", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: language,
    doc: Doc {
        brief: "best of the offered languages for an Accept-Language field",
        long: "The offered languages are separated by semicolons; `fr` is taken for an accepted `fr-CH` \
               as well. The second argument is the result when none of them is accepted; without it there \
               is no value then.",
        examples: &[
            Example { text: "language(fr;en)", input: "de, en;q=0.8, fr;q=0.9", output: "fr" },
            Example { text: "language(fr;en)", input: "en-GB,fr;q=0.5", output: "en" },
            Example { text: "language(fr;en,xx)", input: "de", output: "xx" },
            Example { text: "language(en;fr)", input: "fr;q=0.7,en;q=0.7", output: "fr" },
        ],
    },
};

fn language<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let accepted = value.to_str();
    let offered = args.str(0)?;
    let mut best: Option<(u16, &[u8])> = None;
    for element in accepted.split(|byte| *byte == b',') {
        let element = element.trim_ascii_start();
        let end = element.iter().position(|b| *b == b';' || b.is_ascii_whitespace()).unwrap_or(element.len());
        let (range, weight) = element.split_at(end);
        let tag = offered.split(|byte| *byte == b';').find(|tag| matches(range, tag));
        let (Some(tag), Some(quality)) = (tag.filter(|_| !range.is_empty()), quality(weight)) else {
            continue;
        };
        if best.map_or(0, |(quality, _)| quality) < quality {
            best = Some((quality, tag));
        }
    }
    best.map(|(_, tag)| tag)
        .filter(|tag| !tag.is_empty())
        .or(args.str(1))
        .filter(|tag| !tag.is_empty())
        .map(Value::str)
}

/// Whether an accepted range is an offered tag or a variety of it, as `fr-CH` is of `fr`.
fn matches(range: &[u8], tag: &[u8]) -> bool {
    range.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest[0] == b'-')
}

/// The weight of an element in thousandths, 1000 where none is readable; `None` when other text follows the range.
fn quality(weight: &[u8]) -> Option<u16> {
    let rest = weight.trim_ascii_start();
    let Some(rest) = rest.strip_prefix(b";") else { return rest.is_empty().then_some(1000) };
    let value = rest.trim_ascii_start().strip_prefix(b"q").map(<[u8]>::trim_ascii_start);
    let value = value.and_then(|value| value.strip_prefix(b"=")).map(<[u8]>::trim_ascii_start);
    Some(value.map_or(1000, thousandths))
}

fn thousandths(text: &[u8]) -> u16 {
    let Some(whole) = text.first().filter(|byte| byte.is_ascii_digit()) else { return 1000 };
    let mut quality = u16::from(whole - b'0') * 1000;
    if text.get(1) == Some(&b'.') {
        let digits = text[2..].iter().take_while(|byte| byte.is_ascii_digit());
        for (digit, unit) in digits.zip([100, 10, 1]) {
            quality += u16::from(digit - b'0') * unit;
        }
    }
    quality.min(1000)
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn nothing_in_common_has_no_value() {
        assert_eq!(convert("language(es;de)", "fr, en"), None);
        assert_eq!(convert("language(es;de)", "es;q=0"), None);
    }
}

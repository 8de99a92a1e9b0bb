//! `ring` sections (configuration manual, chapter 12.5): named buffers that logs are kept in. Sending a ring's
//! messages on to servers is checked, not carried out yet.

use base::units::TimeUnit;
use diag::{Diagnostic, Diagnostics};
use keyword::Sections;
use logs::Format;
use rules::Words;
use sample::Problem;
use sample::compile::problem;

use super::value;
use crate::address::Address;
use crate::load::Section;
use crate::model::{Config, RingConfig};

const KEYWORDS: &[&str] = &["backing-file", "description", "format", "maxlen", "server", "size", "timeout"];

/// Parses all `ring` sections.
pub(crate) fn parse_all(list: &[Section], config: &mut Config, diags: &mut Diagnostics) {
    for section in list.iter().filter(|section| section.kind == Sections::RING) {
        let header = &section.header;
        let Some(name) = header.words.get(1) else {
            diags.push(Diagnostic::error("a `ring` needs a name").at(header.span));
            continue;
        };
        if config.rings.iter().any(|ring| ring.name.as_bytes() == name.text) {
            let text = format!("a ring `{}` exists already", name.lossy());
            diags.push(Diagnostic::error(text).at(name.span));
            continue;
        }
        let mut ring = RingConfig {
            name: value::text(name),
            description: None,
            format: Format::Raw,
            bytes_max: None,
            size: logs::RING_BYTES_DEFAULT,
        };
        for line in &section.lines {
            if let Err(problem) = parse_line(&mut Words::new(line, 0), &mut ring, diags) {
                diags.push(*problem);
            }
        }
        if ring.bytes_max.is_some_and(|max| max > ring.size) {
            let text =
                format!("ring `{}`: `maxlen` is larger than `size`, which limits messages too", ring.name);
            diags.push(Diagnostic::warning(text).at(header.span));
        }
        config.rings.push(ring);
    }
}

fn parse_line(words: &mut Words<'_>, ring: &mut RingConfig, diags: &mut Diagnostics) -> Result<(), Problem> {
    let Some(keyword) = words.next() else { return Ok(()) };
    match keyword.text.as_slice() {
        b"description" => {
            let texts: Vec<&[u8]> = words.take_rest().iter().map(|word| word.text.as_slice()).collect();
            ring.description = Some(String::from_utf8_lossy(&texts.join(&b' ')).into());
        }
        b"format" => {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            ring.format = Format::ALL[value::choice(words.need("the format")?, &names)?];
        }
        b"maxlen" => {
            let word = words.need("the number of bytes")?;
            ring.bytes_max = Some(value::number(word, "the length of a message", 1..=RING_BYTES_MAX, diags)?);
        }
        b"size" => {
            let word = words.need("the size in bytes")?;
            let size = value::size(word)?;
            let is_possible = i64::try_from(size).is_ok_and(|size| (1..=RING_BYTES_MAX).contains(&size));
            if !is_possible {
                return Err(problem(word.span, "a ring has from 1 byte to 1 gigabyte"));
            }
            ring.size = usize::try_from(size).unwrap_or(usize::MAX);
        }
        b"timeout" => timeout(words)?,
        b"server" | b"backing-file" => {
            if keyword.text == b"server" {
                words.need("the server's name")?;
                Address::parse(words.need("the server's address")?)?;
                words.take_rest();
            } else {
                words.need("the file")?;
            }
            let text = format!("`{}` of a ring is accepted, but not carried out yet", keyword.lossy());
            diags.push(Diagnostic::notice(text).at(keyword.span));
        }
        _ => return Err(super::other::unknown(keyword, KEYWORDS, Sections::RING)),
    }
    words.done()
}

/// The largest ring: it is kept in memory.
const RING_BYTES_MAX: i64 = 1 << 30;

fn timeout(words: &mut Words<'_>) -> Result<(), Problem> {
    value::choice(words.need("`connect` or `server`")?, &["connect", "server"])?;
    value::duration(words.need("a duration")?, TimeUnit::Millis).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, good, notices};
    use logs::Format;

    #[test]
    fn a_ring_and_its_lines() {
        let text = "ring r\n  description  of it\n  format rfc5424\n  maxlen 1200\n  size 32k\n  timeout server 5s\n  \
                    server s 127.0.0.1:6514\nring plain\nglobal\n  log ring@r local0\n";
        let rings = good(text).rings;
        let ring = &rings[0];
        assert_eq!(
            (&*ring.name, ring.format, ring.bytes_max, ring.size),
            ("r", Format::Rfc5424, Some(1200), 32_768)
        );
        assert_eq!(ring.description.as_deref(), Some("of it"));
        assert_eq!((rings[1].format, rings[1].size), (Format::Raw, logs::RING_BYTES_DEFAULT));
        assert_eq!(notices(text).len(), 1);
    }

    #[test]
    fn mistakes() {
        assert_eq!(errors("ring r\n  sise 3\n"), ["2:3 unknown keyword `sise` in a ring section -> size"]);
        assert_eq!(errors("ring r\n  size 0\n").len(), 1);
        assert_eq!(errors("ring r\nring r\n"), ["2:6 a ring `r` exists already"]);
    }
}

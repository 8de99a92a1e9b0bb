//! `ring` sections (configuration manual, chapter 12.5): named buffers that logs are kept in, and servers that get what
//! is kept.
//!
//! Rings are known before all other sections, as any may log to them; their `server` and `timeout` lines, which are those
//! of backends, are parsed with the others.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use logs::Format;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use state::proxy::{Mode, Sides};

use super::{proxy, value};
use crate::context::{Context, Pass};
use crate::load::Section;
use crate::model::{Config, ProxyConfig, RingConfig};
use crate::reader::ProxyReader;

pub(super) const KEYWORDS: &[&str] =
    &["backing-file", "description", "format", "maxlen", "server", "size", "timeout"];

/// Parses all `ring` sections.
pub(crate) fn parse_all(list: &[Section], config: &mut Config, diags: &mut Diagnostics) {
    for section in list.iter().filter(|section| section.kind == Sections::RING) {
        let header = &section.header;
        let Some(name) = header.words.get(1) else {
            diags.push(Diagnostic::error("a `ring` needs a name").at(header.span).code(codes::SECTION_NAME));
            continue;
        };
        if config.rings.iter().any(|ring| ring.name.as_bytes() == name.text) {
            let text = format!("a ring `{}` exists already", name.lossy());
            diags.push(Diagnostic::error(text).at(name.span).code(codes::DUPLICATE));
            continue;
        }
        let mut carrier = ProxyConfig::new(super::NO_PROXY, value::text(name), Sides::Backend, header.span);
        carrier.mode = Mode::Tcp;
        let mut ring = RingConfig {
            name: value::text(name),
            description: None,
            format: Format::Raw,
            bytes_max: None,
            size: logs::RING_BYTES_DEFAULT,
            proxy: carrier,
        };
        for line in &section.lines {
            if let Err(problem) = parse_line(&mut Words::new(line, 0), &mut ring, diags) {
                diags.push(*problem);
            }
        }
        if ring.bytes_max.is_some_and(|max| max > ring.size) {
            let text =
                format!("ring `{}`: `maxlen` is larger than `size`, which limits messages too", ring.name);
            diags.push(Diagnostic::warning(text).at(header.span).code(codes::NO_EFFECT));
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
                return Err(problem_of(codes::SIZE, word.span, "a ring has from 1 byte to 1 gigabyte"));
            }
            ring.size = usize::try_from(size).unwrap_or(usize::MAX);
        }
        b"timeout" => {
            value::choice(words.need("`connect` or `server`")?, &["connect", "server"])?;
            return Ok(());
        }
        b"server" => return Ok(()),
        b"backing-file" => {
            words.need("the file")?;
            let text = "`backing-file` of a ring is accepted, but not carried out yet";
            diags.push(Diagnostic::notice(text).at(keyword.span).code(codes::NOT_CARRIED_OUT));
        }
        _ => return Err(super::other::unknown(keyword, KEYWORDS, Sections::RING)),
    }
    words.done()
}

/// The largest ring: it is kept in memory.
const RING_BYTES_MAX: i64 = 1 << 30;

/// Parses the lines of a `ring` that are those of backends.
pub(crate) fn parse_servers(section: &Section, config: &mut Config, cx: Context<'_>) {
    let Some(name) = section.header.words.get(1) else { return };
    let Config { rings, global, .. } = config;
    let Some(ring) = rings.iter_mut().find(|ring| ring.name.as_bytes() == name.text) else { return };
    let mut reader = ProxyReader::new(Sections::BACKEND, &mut ring.proxy, global, cx);
    for line in section.lines.iter().filter(|line| is_of_backends(line)) {
        reader.read(line, Pass::Own, proxy::parse_line);
    }
}

/// Other timeouts were told already.
fn is_of_backends(line: &syntax::Line) -> bool {
    let is_timeout = || line.words.get(1).is_some_and(|word| *word == "connect" || *word == "server");
    line.words[0] == "server" || (line.words[0] == "timeout" && is_timeout())
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, good, notices};
    use logs::Format;

    #[test]
    fn a_ring_and_its_lines() {
        let text = "ring r\n  description  of it\n  format rfc5424\n  maxlen 1200\n  size 32k\n  timeout server 5s\n  \
                    server s 127.0.0.1:6514 log-proto octet-count\nring plain\nglobal\n  log ring@r local0\n";
        let rings = good(text).rings;
        let ring = &rings[0];
        assert_eq!(
            (&*ring.name, ring.format, ring.bytes_max, ring.size),
            ("r", Format::Rfc5424, Some(1200), 32_768)
        );
        assert_eq!(ring.description.as_deref(), Some("of it"));
        assert_eq!((rings[1].format, rings[1].size), (Format::Raw, logs::RING_BYTES_DEFAULT));
        assert_eq!(ring.proxy.timeouts.server, Some(std::time::Duration::from_secs(5)));
        let server = &ring.proxy.servers[0];
        assert_eq!((&*server.name, server.log_proto), ("s", logs::LogProto::OctetCount));
        assert!(rings[1].proxy.servers.is_empty());
        assert_eq!(notices(text), [""; 0]);
    }

    #[test]
    fn mistakes() {
        assert_eq!(errors("ring r\n  sise 3\n"), ["2:3 unknown keyword `sise` in a ring section -> size"]);
        assert_eq!(errors("ring r\n  size 0\n").len(), 1);
        assert_eq!(errors("ring r\nring r\n"), ["2:6 a ring `r` exists already"]);
        assert_eq!(errors("ring r\n  timeout client 3s\n").len(), 1);
        assert_eq!(errors("ring r\n  server s\n").len(), 1);
        assert_eq!(errors("ring r\n  server s 127.0.0.1:1 log-proto maybe\n").len(), 1);
    }
}

//! Three ways to print diagnostics.

mod haproxy;
mod json;
mod people;

use crate::diagnostic::Diagnostics;
use crate::place::Sources;

/// Who reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Someone at a terminal: the line, with the place marked.
    People,
    /// Tools that match HAProxy's `[ALERT]` lines.
    Haproxy,
    /// Programs: one JSON object a line.
    Json,
}

/// Writes every diagnostic in order, each ending in a line feed. `pid` is what HAProxy's lines carry.
#[must_use]
pub fn render(diags: &Diagnostics, sources: &Sources, format: Format, pid: u32) -> String {
    let mut out = String::new();
    for diagnostic in diags {
        match format {
            Format::People => people::write(&mut out, diagnostic, sources),
            Format::Haproxy => haproxy::write(&mut out, diagnostic, sources, pid),
            Format::Json => json::write(&mut out, diagnostic, sources),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::place::Span;

    const TEXT: &[u8] = b"frontend web\n    http-request set-hedaer X-Id %[unique-id]\n\tb\xffnd :80\n";

    fn sample() -> (Diagnostics, Sources) {
        let mut sources = Sources::new();
        let file = sources.add("lb.cfg", TEXT.to_vec());
        let mut diags = Diagnostics::new();
        diags.push(
            Diagnostic::error("unknown `http-request` action `set-hedaer`")
                .at(Span { file, line: 2, column: 18, len: 10 })
                .code(Code("E0212"))
                .suggest("set-header"),
        );
        diags.push(
            Diagnostic::warning("`b\u{fffd}nd` is no word")
                .at(Span { file, line: 3, column: 2, len: 4 })
                .label("here")
                .note("words are bytes"),
        );
        diags.push(Diagnostic::notice("this proxy has no server").at(Span::line(file, 1)));
        diags.push(Diagnostic::diag("nothing else to say"));
        (diags, sources)
    }

    #[test]
    fn for_people() {
        let (diags, sources) = sample();
        let expected = "\
error[E0212]: unknown `http-request` action `set-hedaer`
 --> lb.cfg:2:18
  |
2 |     http-request set-hedaer X-Id %[unique-id]
  |                  ^^^^^^^^^^ did you mean `set-header`?
  |
warning: `b\u{fffd}nd` is no word
 --> lb.cfg:3:2
  |
3 |     b\u{fffd}nd :80
  |     ---- here
  |
  = note: words are bytes
note: this proxy has no server
 --> lb.cfg:1
  |
1 | frontend web
  | ------------
  |
info: nothing else to say
";
        assert_eq!(render(&diags, &sources, Format::People, 7), expected);
    }

    #[test]
    fn for_haproxys_tools() {
        let (diags, sources) = sample();
        let expected = "\
[ALERT]    (7) : config : parsing [lb.cfg:2] : unknown 'http-request' action 'set-hedaer'; did you mean 'set-header'?
[WARNING]  (7) : config : parsing [lb.cfg:3] : 'b\u{fffd}nd' is no word (here)
  words are bytes
[NOTICE]   (7) : config : parsing [lb.cfg:1] : this proxy has no server
[DIAG]     (7) : config : nothing else to say
";
        assert_eq!(render(&diags, &sources, Format::Haproxy, 7), expected);
    }

    #[test]
    fn for_programs() {
        let (diags, sources) = sample();
        let text = render(&diags, &sources, Format::Json, 7);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "{\"severity\":\"error\",\"code\":\"E0212\",\
             \"message\":\"unknown `http-request` action `set-hedaer`\",\
             \"file\":\"lb.cfg\",\"line\":2,\"column\":18,\"length\":10,\
             \"label\":null,\"notes\":[],\"suggestion\":\"set-header\"}"
        );
        assert!(lines[1].contains("\"notes\":[\"words are bytes\"]"));
        assert!(lines[2].contains("\"line\":1,\"column\":null,\"length\":null"));
        assert!(lines[3].contains("\"file\":null,\"line\":null"));
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn impossible_places_do_no_harm() {
        let mut sources = Sources::new();
        let file = sources.add("x", b"a\x00\xe2\x82\xac b".to_vec());
        let mut diags = Diagnostics::new();
        for (line, column, len) in
            [(9, 1, 1), (1, 99, 5), (1, 1, 999), (1, 4, 1), (1, 7, 0), (1, u32::MAX, u32::MAX)]
        {
            diags.push(Diagnostic::error("x").at(Span { file, line, column, len }));
        }
        for format in [Format::People, Format::Haproxy, Format::Json] {
            assert!(!render(&diags, &sources, format, 1).is_empty());
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let mut sources = Sources::new();
        let mut text = vec![b'a'; 1000];
        text[500] = b'!';
        let file = sources.add("x", text);
        let mut diags = Diagnostics::new();
        diags.push(Diagnostic::error("x").at(Span { file, line: 1, column: 501, len: 1 }));
        let shown = render(&diags, &sources, Format::People, 1);
        assert!(shown.contains("x:1:501\n"), "{shown}");
        assert!(shown.lines().all(|line| line.len() < 200), "{shown}");
        let source = shown.lines().find(|line| line.contains('!')).unwrap();
        let marks = shown.lines().find(|line| line.contains('^')).unwrap();
        assert_eq!(source.find('!'), marks.find('^'));
    }
}

//! Pattern files and map files: one entry a line.

use super::reference::Columns;

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// The pattern: in ACL files the line without leading blanks, in maps its first word.
    pub pattern: &'a [u8],
    /// A map's value: the rest of the line without blanks around it; `None` in ACL files.
    pub value: Option<&'a [u8]>,
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Cuts a file into lines. Empty ones are left out, and those whose very first byte is `#`.
pub fn lines(content: &[u8], columns: Columns) -> impl Iterator<Item = Line<'_>> {
    let all = (1..).zip(content.split(|byte| *byte == b'\n'));
    all.filter(|(_, line)| !line.starts_with(b"#")).filter_map(move |(number, line)| {
        // What follows a carriage return or a NUL is not looked at.
        let line = line.split(|byte| matches!(byte, b'\r' | 0)).next()?;
        let line = &line[line.iter().take_while(|b| is_blank(b)).count()..];
        if line.is_empty() {
            return None;
        }
        match columns {
            Columns::One => Some(Line { number, pattern: line, value: None }),
            Columns::Two => {
                let (pattern, rest) = line.split_at(line.iter().position(is_blank).unwrap_or(line.len()));
                let value = trim(rest);
                Some(Line { number, pattern, value: Some(value) })
            }
        }
    })
}

fn trim(text: &[u8]) -> &[u8] {
    let from = text.iter().take_while(|b| is_blank(b)).count();
    let to = text.iter().rposition(|b| !is_blank(b)).map_or(from, |at| at + 1);
    &text[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_file() {
        let content = b"# comment\n  a.b \t c d \t\r\n\n\t\nkey\n #not a comment\nlast x";
        let got: Vec<_> = lines(content, Columns::Two)
            .map(|l| {
                (l.number, str::from_utf8(l.pattern).unwrap(), str::from_utf8(l.value.unwrap()).unwrap())
            })
            .collect();
        assert_eq!(got, [(2, "a.b", "c d"), (5, "key", ""), (6, "#not", "a comment"), (7, "last", "x")]);
    }

    #[test]
    fn an_acl_file() {
        let content = b"#x\n  a b \r\n\nc\n";
        let got: Vec<_> = lines(content, Columns::One).map(|l| (l.number, l.pattern)).collect();
        assert_eq!(got, [(2, &b"a b "[..]), (4, b"c")]);
    }
}

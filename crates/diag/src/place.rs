//! Places in files, and the files themselves.
//!
//! Files are bytes, never assumed to be UTF-8. Lines and columns count from 1, columns count bytes; a line
//! ends before its line feed, and a text that does not end in one has a last line all the same.

/// Names one file in [`Sources`]; only the `Sources` that handed it out can resolve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place: a stretch of bytes within one line of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The first byte within the line, from 1; 0 means the whole line.
    pub column: u32,
    /// Length in bytes; without meaning when `column` is 0.
    pub len: u32,
}

impl Span {
    /// A whole line.
    #[must_use]
    pub const fn line(file: FileId, line: u32) -> Self {
        Self { file, line, column: 0, len: 0 }
    }
}

/// Every file that diagnostics may speak about: its name as it was given, and its bytes.
#[derive(Debug, Default)]
pub struct Sources(Vec<File>);

#[derive(Debug)]
struct File {
    name: String,
    text: Vec<u8>,
    /// Offset of the first byte of each line.
    line_starts: Vec<usize>,
}

impl Sources {
    /// No file yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file in; `name` is what diagnostics will call it.
    pub fn add(&mut self, name: impl Into<String>, text: Vec<u8>) -> FileId {
        let id = FileId(u32::try_from(self.0.len()).expect("fewer than 2^32 files"));
        let mut line_starts = vec![0];
        line_starts.extend(text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1));
        if line_starts.last() == Some(&text.len()) {
            line_starts.pop();
        }
        self.0.push(File { name: name.into(), text, line_starts });
        id
    }

    /// The name that `file` was added under; empty for an id of another `Sources`.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.name)
    }

    /// The bytes of `file`; empty for an id of another `Sources`.
    #[must_use]
    pub fn text(&self, file: FileId) -> &[u8] {
        self.file(file).map_or(&[], |file| &file.text)
    }

    /// The bytes of one line (from 1) without its line feed; empty where there is no such line.
    #[must_use]
    pub fn line_text(&self, file: FileId, line: u32) -> &[u8] {
        self.file(file).and_then(|file| file.line(line)).unwrap_or(&[])
    }

    fn file(&self, file: FileId) -> Option<&File> {
        self.0.get(usize::try_from(file.0).ok()?)
    }
}

impl File {
    fn line(&self, line: u32) -> Option<&[u8]> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let rest = &self.text[*self.line_starts.get(index)?..];
        Some(rest.split(|byte| *byte == b'\n').next().unwrap_or(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_text_without_final_newline() {
        let mut sources = Sources::new();
        let file = sources.add("a.cfg", b"one\n\nthr\xffee".to_vec());
        assert_eq!(sources.name(file), "a.cfg");
        assert_eq!(sources.line_text(file, 1), b"one");
        assert_eq!(sources.line_text(file, 2), b"");
        assert_eq!(sources.line_text(file, 3), b"thr\xffee");
        assert_eq!(sources.line_text(file, 4), b"");
        assert_eq!(sources.line_text(file, 0), b"");
    }

    #[test]
    fn a_final_newline_opens_no_line() {
        let mut sources = Sources::new();
        let file = sources.add("a.cfg", b"one\n".to_vec());
        assert_eq!(sources.0[0].line_starts.len(), 1);
        assert_eq!(sources.line_text(file, 2), b"");
    }

    #[test]
    fn foreign_ids_resolve_to_nothing() {
        let sources = Sources::new();
        assert_eq!(sources.name(FileId(7)), "");
        assert_eq!(sources.text(FileId(7)), b"");
    }
}

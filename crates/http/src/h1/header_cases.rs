//! How field names are spelt for peers that tell `Content-Length` from `content-length` (manual, chapter 3.1:
//! `h1-case-adjust`, `h1-case-adjust-file`). Names differ in their case alone, so that a head keeps its length and is
//! respelt where it lies.

/// The spellings of a configuration, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderCases {
    /// In the order of their lengths.
    spellings: Vec<Box<[u8]>>,
}

/// Why a spelling was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderCaseError {
    /// The second name is missing.
    #[error("the header's name as it shall be is missing")]
    Missing,
    /// The two names are different names.
    #[error("the two names differ in more than their case")]
    Different,
    /// This name has a spelling already.
    #[error("this name has a spelling already")]
    Duplicate,
}

impl HeaderCases {
    /// Adds a name: `from` as messages have it, `to` as peers shall get it.
    ///
    /// # Errors
    /// [`HeaderCaseError`].
    pub fn add(&mut self, from: &[u8], to: &[u8]) -> Result<(), HeaderCaseError> {
        if to.is_empty() {
            return Err(HeaderCaseError::Missing);
        }
        if !from.eq_ignore_ascii_case(to) {
            return Err(HeaderCaseError::Different);
        }
        if self.find(to).is_some() {
            return Err(HeaderCaseError::Duplicate);
        }
        let at = self.spellings.partition_point(|known| known.len() <= to.len());
        self.spellings.insert(at, to.into());
        Ok(())
    }

    /// Reads a file of spellings: two names a line; empty lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// The first line that is wrong, from 1 on, and why.
    pub fn add_file(&mut self, text: &[u8]) -> Result<(), (usize, HeaderCaseError)> {
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
            let (from, to) = line.split_at(end);
            self.add(from, to.trim_ascii()).map_err(|error| (at + 1, error))?;
        }
        Ok(())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spellings.is_empty()
    }

    /// Spells the names in `lines`: a line that names no field (that of a request, a status, the last chunk), then one line
    /// a field, up to an empty one.
    pub fn respell(&self, lines: &mut [u8]) {
        let Some(mut at) = behind_line(lines, 0) else { return };
        while let Some(next) = behind_line(lines, at) {
            let line = &mut lines[at..next];
            let Some(colon) = memchr::memchr(b':', line) else { return };
            if let Some(spelling) = self.find(&line[..colon]) {
                line[..colon].copy_from_slice(spelling);
            }
            at = next;
        }
    }

    fn find(&self, name: &[u8]) -> Option<&[u8]> {
        let first = self.spellings.partition_point(|known| known.len() < name.len());
        let same_length = self.spellings[first..].iter().take_while(|known| known.len() == name.len());
        same_length.map(|known| &**known).find(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Where the line that begins at `at` ends.
fn behind_line(lines: &[u8], at: usize) -> Option<usize> {
    memchr::memchr(b'\n', &lines[at..]).map(|end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(text: &str) -> HeaderCases {
        let mut cases = HeaderCases::default();
        cases.add_file(text.as_bytes()).unwrap();
        cases
    }

    #[test]
    fn names_are_respelt_and_nothing_else() {
        let cases = cases("# names\n\n host  HOST\r\n\tx-ab X-aB \nx-cd x-CD\n");
        let mut head =
            b"GET http://host: HTTP/1.1\r\nhost: host: \r\nX-AB:x-ab\r\nx-ef: 1\r\nX-Cd: 2\r\n\r\nhost: no"
                .to_vec();
        cases.respell(&mut head);
        let wanted =
            "GET http://host: HTTP/1.1\r\nHOST: host: \r\nX-aB:x-ab\r\nx-ef: 1\r\nx-CD: 2\r\n\r\nhost: no";
        assert_eq!(String::from_utf8(head).unwrap(), wanted);
        for whatever in ["", "\r\n\r\n", "0\r\n", "no line", "0\r\nhost", "0\r\n:\r\n"] {
            let mut bytes = whatever.as_bytes().to_vec();
            cases.respell(&mut bytes);
            assert_eq!(bytes, whatever.as_bytes());
        }
    }

    #[test]
    fn wrong_lines_are_told() {
        let wrong = |text: &str| HeaderCases::default().add_file(text.as_bytes()).unwrap_err();
        assert_eq!(wrong("host Host\nhost"), (2, HeaderCaseError::Missing));
        assert_eq!(wrong("#\nhost Hosts"), (2, HeaderCaseError::Different));
        assert_eq!(wrong("host Host\n\nhost HOST"), (3, HeaderCaseError::Duplicate));
    }
}

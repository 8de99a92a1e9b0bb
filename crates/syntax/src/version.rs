//! Version numbers as conditions write them.

/// A version of HAProxy, such as `2.4.1`, `3.5-dev5` or `2.6.12-1+deb12u1`: four numbers, how finished it is,
/// and the number of that and of the commit. Compares in time: `3.5-dev5` before `3.5-rc1` before `3.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    numbers: [u32; 4],
    stage: Stage,
    stage_number: u32,
    commit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Development,
    Candidate,
    Release,
}

impl Version {
    /// Reads one; a leading `v` is ignored, missing numbers are zero. `None` when there is no number or
    /// anything else than a version.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"v").unwrap_or(text);
        if !text.first()?.is_ascii_digit() {
            return None;
        }
        let (dotted, tag) = match text.iter().position(|byte| *byte == b'-') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &[][..]),
        };
        let mut version = Self { numbers: [0; 4], stage: Stage::Release, stage_number: 0, commit: 0 };
        for (n, part) in dotted.split(|byte| *byte == b'.').enumerate() {
            let (number, rest) = leading_number(part);
            *version.numbers.get_mut(n)? = number;
            if !rest.is_empty() {
                return None;
            }
        }
        version.read_tag(tag)?;
        Some(version)
    }

    /// Reads what follows the first hyphen: `dev5`, `rc1-12`, or only the number of a commit, the last of
    /// several.
    fn read_tag(&mut self, tag: &[u8]) -> Option<()> {
        let stages =
            [(&b"dev"[..], Stage::Development), (b"rc", Stage::Candidate), (b"pre", Stage::Candidate)];
        let mut commit = tag;
        for (name, stage) in stages {
            if let Some(rest) = tag.strip_prefix(name) {
                let (number, rest) = leading_number(rest);
                self.stage = stage;
                self.stage_number = number;
                if rest.is_empty() {
                    return Some(());
                }
                commit = rest.strip_prefix(b"-")?;
            }
        }
        let last = commit.rsplit(|byte| *byte == b'-').next().unwrap_or(commit);
        let (number, rest) = leading_number(last);
        self.commit = if rest.is_empty() { number } else { 0 };
        Some(())
    }
}

/// A version of OpenSSL, such as `1.1.1`, `1.0.2zg` or `3.0.0-beta2`. Compares in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpensslVersion {
    numbers: [u32; 3],
    /// Letters after the numbers, `a` as 1; `z` goes on with `za`.
    patch: u32,
    /// 0 for development, 1 to 14 for that beta, 15 for a release.
    status: u32,
}

impl OpensslVersion {
    const RELEASE: u32 = 15;

    /// Reads one: three numbers, then nothing, letters, or a hyphen with the stage. `None` on anything else.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(3, |byte| *byte == b'.');
        let major = whole_number(parts.next()?)?;
        let minor = whole_number(parts.next()?)?;
        let third = parts.next()?;
        if !third.first()?.is_ascii_digit() {
            return None;
        }
        let (fix, rest) = leading_number(third);
        let numbers = [major, minor, fix];
        let (patch, status) = match rest {
            [] => (0, Self::RELEASE),
            [b'-', stage @ ..] => (0, beta(stage)?),
            letters => (patch_level(letters)?, Self::RELEASE),
        };
        Some(Self { numbers, patch, status })
    }
}

/// `beta2` as 2, any other stage as 0.
fn beta(stage: &[u8]) -> Option<u32> {
    match stage.strip_prefix(b"beta") {
        Some(number) => Some(leading_number(number).0).filter(|number| *number < OpensslVersion::RELEASE),
        None => Some(0),
    }
}

fn patch_level(letters: &[u8]) -> Option<u32> {
    letters.iter().try_fold(1u32, |level, letter| {
        letter
            .is_ascii_alphabetic()
            .then(|| level.saturating_add(u32::from(letter.to_ascii_lowercase() - b'a')))
    })
}

/// The decimal number at the start, 0 where there is none, and what follows. Too large ones stay at the
/// largest.
fn leading_number(text: &[u8]) -> (u32, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..digits]
        .iter()
        .fold(0u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
    (number, &text[digits..])
}

fn whole_number(text: &[u8]) -> Option<u32> {
    let (number, rest) = leading_number(text);
    (rest.is_empty() && !text.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ascending(versions: &[&str]) {
        for pair in versions.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|text| Version::parse(text.as_bytes()).unwrap());
            assert!(a < b, "{pair:?}");
        }
    }

    #[test]
    fn versions_compare_in_time() {
        ascending(&["1.8", "2.0-dev0", "2.0-dev0-12", "2.0-dev10", "2.0-rc1", "2.0", "2.0.1", "2.10", "3"]);
        ascending(&["2.6.12", "2.6.12-1", "3.5-dev5", "3.5"]);
        assert_eq!(Version::parse(b"v3.5-dev4"), Version::parse(b"3.5-dev4"));
        assert_eq!(Version::parse(b"2.4-pre1"), Version::parse(b"2.4-rc1"));
        assert_eq!(Version::parse(b"3.5-dev5-50872d-2"), Version::parse(b"3.5-dev5-2"));
        assert_eq!(Version::parse(b"2"), Version::parse(b"2.0.0.0"));
    }

    #[test]
    fn no_versions() {
        for text in ["", "x", "v", "2.x", "2.0.0.0.0", "2,4", "2.4-dev1x"] {
            assert_eq!(Version::parse(text.as_bytes()), None, "{text}");
        }
        assert!(Version::parse(b"99999999999999.1").is_some());
    }

    #[test]
    fn openssl_versions() {
        let parse = |text: &str| OpensslVersion::parse(text.as_bytes());
        let order = [
            "1.0.2",
            "1.0.2a",
            "1.0.2z",
            "1.0.2zb",
            "1.1.1",
            "3.0.0-alpha1",
            "3.0.0-beta2",
            "3.0.0",
            "3.0.11",
        ];
        for pair in order.windows(2) {
            assert!(parse(pair[0]).unwrap() < parse(pair[1]).unwrap(), "{pair:?}");
        }
        for text in ["", "3", "3.0", "a.b.c", "3.0.", "3.0.0-beta15", "1.0.2?", ".1.1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

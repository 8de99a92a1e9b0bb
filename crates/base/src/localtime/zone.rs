//! A time zone: the transitions of a TZif file (RFC 9636) and the rule for the time after them.
//!
//! Leap seconds in the file are passed over, as POSIX time has none. A file that is not well-formed is no zone.

use super::posix::Rule;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// No zone file is larger; what is named by `TZ` by mistake is not read to its end.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Offsets from UTC over all time, in seconds east of Greenwich.
#[derive(Debug)]
pub(super) struct Zone {
    /// Instants at which the offset changes, ascending, each with the offset from then on.
    transitions: Vec<(i64, i32)>,
    /// The offset before the first transition.
    before: i32,
    /// What holds after the last transition; without it the last offset stays.
    rule: Option<Rule>,
}

impl Zone {
    /// The zone that the variable `TZ` means: not set is the system's, empty is UTC, then a file (relative names below
    /// `/usr/share/zoneinfo`, a leading `:` is dropped) or a POSIX rule. UTC if it means nothing.
    pub(super) fn of_variable(tz: Option<&[u8]>) -> Zone {
        let found = match tz {
            None => Zone::of_file(Path::new("/etc/localtime")),
            Some(value) => {
                let name = value.strip_prefix(b":").unwrap_or(value);
                Zone::of_name(name).or_else(|| Rule::parse(name).map(Zone::of_rule))
            }
        };
        found.unwrap_or_else(|| Zone::of_rule(Rule::fixed(0)))
    }

    fn of_name(name: &[u8]) -> Option<Zone> {
        let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
        // Joining an absolute name replaces the directory.
        Zone::of_file(&PathBuf::from("/usr/share/zoneinfo").join(name))
    }

    fn of_file(path: &Path) -> Option<Zone> {
        let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Zone::of_tzif(&bytes)
    }

    fn of_rule(rule: Rule) -> Zone {
        Zone { transitions: Vec::new(), before: 0, rule: Some(rule) }
    }

    /// Parses a TZif file of version 1 or later; `None` if it is not one.
    pub(super) fn of_tzif(bytes: &[u8]) -> Option<Zone> {
        let mut reader = Reader(bytes);
        let first = Counts::read(&mut reader)?;
        if first.version == 0 {
            return first.read_zone(&mut reader, 4);
        }
        // From version 2 on the same data follow again with 64-bit times, and then the rule.
        reader.take(first.block_bytes(4)?)?;
        let second = Counts::read(&mut reader)?;
        let mut zone = second.read_zone(&mut reader, 8)?;
        let footer = reader.0.strip_prefix(b"\n")?;
        let end = footer.iter().position(|byte| *byte == b'\n')?;
        zone.rule = Rule::parse(&footer[..end]);
        Some(zone)
    }

    /// Seconds to add to UTC at this instant.
    pub(super) fn offset_seconds(&self, seconds: i64) -> i32 {
        let passed = self.transitions.partition_point(|(at, _)| *at <= seconds);
        match (&self.rule, passed.checked_sub(1)) {
            (Some(rule), last) if last.is_none_or(|last| last + 1 == self.transitions.len()) => {
                if last.is_none() && !self.transitions.is_empty() {
                    return self.before;
                }
                rule.offset_seconds(seconds)
            }
            (_, Some(last)) => self.transitions[last].1,
            (_, None) => self.before,
        }
    }
}

/// The six numbers of a TZif header.
struct Counts {
    version: u8,
    utc_flags: usize,
    standard_flags: usize,
    leaps: usize,
    transitions: usize,
    types: usize,
    name_bytes: usize,
}

impl Counts {
    fn read(reader: &mut Reader<'_>) -> Option<Counts> {
        if reader.take(4)? != b"TZif" {
            return None;
        }
        let version = reader.take(1)?[0];
        reader.take(15)?;
        let mut next = || usize::try_from(reader.number(4)?).ok();
        Some(Counts {
            version,
            utc_flags: next()?,
            standard_flags: next()?,
            leaps: next()?,
            transitions: next()?,
            types: next()?,
            name_bytes: next()?,
        })
    }

    /// Length of the data after this header, with times of `time_bytes`.
    fn block_bytes(&self, time_bytes: usize) -> Option<usize> {
        let terms = [
            self.transitions.checked_mul(time_bytes + 1)?,
            self.types.checked_mul(6)?,
            self.name_bytes,
            self.leaps.checked_mul(time_bytes + 4)?,
            self.standard_flags,
            self.utc_flags,
        ];
        terms.into_iter().try_fold(0usize, usize::checked_add)
    }

    fn read_zone(&self, reader: &mut Reader<'_>, time_bytes: usize) -> Option<Zone> {
        let mut block = Reader(reader.take(self.block_bytes(time_bytes)?)?);
        let mut times = Reader(block.take(self.transitions * time_bytes)?);
        let indexes = block.take(self.transitions)?;
        let mut types = Reader(block.take(self.types * 6)?);
        let mut offsets = Vec::with_capacity(self.types);
        while !types.0.is_empty() {
            offsets.push(i32::try_from(types.number(4)?).ok()?);
            types.take(2)?;
        }
        let mut transitions = Vec::with_capacity(self.transitions);
        for index in indexes {
            transitions.push((times.number(time_bytes)?, *offsets.get(usize::from(*index))?));
        }
        if !transitions.is_sorted() || offsets.iter().any(|offset| offset.abs() > 2 * 86_400) {
            return None;
        }
        Some(Zone { transitions, before: *offsets.first()?, rule: None })
    }
}

/// Takes bytes from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    /// A signed big-endian number of 4 or 8 bytes.
    fn number(&mut self, bytes: usize) -> Option<i64> {
        let taken = self.take(bytes)?;
        match bytes {
            4 => taken.try_into().ok().map(|four| i64::from(i32::from_be_bytes(four))),
            _ => taken.try_into().ok().map(i64::from_be_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One block of a TZif file: transitions as (time, index of type), types as offsets.
    fn block(version: u8, time_bytes: usize, transitions: &[(i64, u8)], offsets: &[i32]) -> Vec<u8> {
        let mut out = b"TZif".to_vec();
        out.push(version);
        out.extend([0; 15]);
        for count in [0, 0, 0, transitions.len(), offsets.len(), 4] {
            out.extend(u32::try_from(count).unwrap().to_be_bytes());
        }
        for (time, _) in transitions {
            out.extend(&time.to_be_bytes()[8 - time_bytes..]);
        }
        out.extend(transitions.iter().map(|(_, index)| *index));
        for offset in offsets {
            out.extend(offset.to_be_bytes());
            out.extend([0, 0]);
        }
        out.extend(b"LMT\0");
        out
    }

    fn version_two(footer: &[u8]) -> Vec<u8> {
        let mut file = block(b'2', 4, &[(5, 0)], &[1]);
        // 1911-03-11 Paris mean time to Greenwich, 1976-11-01 to Central European time.
        file.extend(block(b'2', 8, &[(-1_855_958_961, 1), (215_654_400, 2)], &[561, 0, 3600]));
        file.extend(footer);
        file
    }

    #[test]
    fn version_one_has_a_table_only() {
        let zone = Zone::of_tzif(&block(0, 4, &[(-100, 1), (100, 0)], &[-18_000, 7200])).unwrap();
        let offsets = [-101, -100, 99, 100, i64::MAX].map(|at| zone.offset_seconds(at));
        assert_eq!(offsets, [-18_000, 7200, 7200, -18_000, -18_000]);
    }

    #[test]
    fn version_two_goes_on_with_its_rule() {
        let zone = Zone::of_tzif(&version_two(b"\nCET-1CEST,M3.5.0,M10.5.0/3\n")).unwrap();
        assert_eq!(zone.offset_seconds(i64::MIN), 561);
        assert_eq!(zone.offset_seconds(0), 0);
        assert_eq!(zone.offset_seconds(1_774_745_999), 3600);
        assert_eq!(zone.offset_seconds(1_774_746_000), 7200);
        let without = Zone::of_tzif(&version_two(b"\n\n")).unwrap();
        assert_eq!(without.offset_seconds(1_774_746_000), 3600);
    }

    #[test]
    fn damaged_files_are_no_zone() {
        let whole = version_two(b"\nUTC0\n");
        assert!(Zone::of_tzif(&whole).is_some());
        for end in 0..whole.len() {
            assert!(Zone::of_tzif(&whole[..end]).is_none(), "cut at {end}");
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bent = whole.clone();
                bent[at] = value;
                if let Some(zone) = Zone::of_tzif(&bent) {
                    let _ = zone.offset_seconds(1_774_746_000);
                }
            }
        }
        assert!(Zone::of_tzif(&block(0, 4, &[(1, 9)], &[0])).is_none());
        assert!(Zone::of_tzif(&block(0, 4, &[(2, 0), (1, 0)], &[0])).is_none());
        assert!(Zone::of_tzif(&block(0, 4, &[], &[])).is_none());
    }

    #[test]
    fn unknown_names_are_utc_and_rules_are_understood() {
        assert_eq!(Zone::of_variable(Some(b"Nowhere/At_All")).offset_seconds(0), 0);
        assert_eq!(Zone::of_variable(Some(b"EST5")).offset_seconds(0), -18_000);
        assert_eq!(Zone::of_variable(Some(b"/")).offset_seconds(0), 0);
    }
}

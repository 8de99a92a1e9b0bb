//! What a `stick-table` line says, and where each data type stands in an entry.

use std::time::Duration;

use base::units::{TimeUnit, parse_duration};

use super::data::{DataType, Kind};
use super::key::KeyType;

/// The highest number of elements of `gpc`, `gpt` and `gpc_rate`.
const ARRAY_MAX: u8 = 100;

/// One data type of `store`, with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The type.
    pub data: DataType,
    /// Elements: 1, or for arrays 1 to 100.
    pub count: u8,
    /// The period of rates in milliseconds, 0 for other types.
    pub period_ms: u32,
}

/// Why an element of a `store` list is refused, or the list as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No such type.
    #[error("unknown store option '{0}'")]
    Unknown(String),
    /// A parenthesis without its partner.
    #[error("missing closing parenthesis after store option '{0}'")]
    Parenthesis(&'static str),
    /// A period or a number of elements is missing.
    #[error("missing argument to store option '{0}'")]
    MissingArgument(&'static str),
    /// An argument where none is taken.
    #[error("unexpected argument to store option '{0}'")]
    UnexpectedArgument(&'static str),
    /// The number of elements is not between 1 and 100.
    #[error("array size is out of allowed range (1-{ARRAY_MAX}) for store option '{0}'")]
    ArraySize(&'static str),
    /// The period is no duration.
    #[error("invalid period '{1}' for store option '{0}'")]
    Period(&'static str, String),
    /// Two types that stand for the same counters.
    #[error("'{0}' and '{1}' cannot be stored in the same table, as the first replaces the second")]
    Conflict(&'static str, &'static str),
}

impl Stored {
    /// Reads one element of a `store` list: `conn_cnt`, `http_req_rate(10s)`, `gpc(4)`, `gpc_rate(4,1m)`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn parse(text: &str) -> Result<Stored, StoreError> {
        let (name, arguments) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => (name, Some(rest)),
        };
        let data = DataType::parse(name).ok_or_else(|| StoreError::Unknown(name.to_owned()))?;
        let name = data.name();
        let arguments = match arguments {
            None => Vec::new(),
            Some(rest) => rest
                .strip_suffix(')')
                .ok_or(StoreError::Parenthesis(name))?
                .split(',')
                .map(str::trim)
                .collect(),
        };
        let mut arguments = arguments.into_iter();
        let mut stored = Stored { data, count: 1, period_ms: 0 };
        if data.is_array() {
            let count = arguments.next().ok_or(StoreError::MissingArgument(name))?;
            stored.count = count
                .parse()
                .ok()
                .filter(|n| (1..=ARRAY_MAX).contains(n))
                .ok_or(StoreError::ArraySize(name))?;
        }
        if data.kind() == Kind::Rate {
            let period = arguments.next().ok_or(StoreError::MissingArgument(name))?;
            stored.period_ms = parse_duration(period.as_bytes(), TimeUnit::Millis)
                .ok()
                .and_then(|period| u32::try_from(period.as_millis()).ok())
                .ok_or_else(|| StoreError::Period(name, period.to_owned()))?
                .max(1);
        }
        if arguments.next().is_some() { Err(StoreError::UnexpectedArgument(name)) } else { Ok(stored) }
    }

    /// Reads a whole list, separated by commas outside of parentheses. A type that is named twice counts once, as it
    /// stood first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn parse_list(text: &str) -> Result<Vec<Stored>, StoreError> {
        let mut stored: Vec<Stored> = Vec::new();
        let mut depth = 0usize;
        let elements = text.split(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        });
        for element in elements.filter(|element| !element.is_empty()) {
            let element = Stored::parse(element)?;
            if !stored.iter().any(|have| have.data == element.data) {
                stored.push(element);
            }
        }
        check(&stored).map(|()| stored)
    }
}

/// Finds types that cannot be stored together; for lists that were put together from several `store` words.
fn check(stored: &[Stored]) -> Result<(), StoreError> {
    const CONFLICTS: &[(DataType, DataType)] = &[
        (DataType::Gpt, DataType::Gpt0),
        (DataType::Gpc, DataType::Gpc0),
        (DataType::Gpc, DataType::Gpc1),
        (DataType::GpcRate, DataType::Gpc0Rate),
        (DataType::GpcRate, DataType::Gpc1Rate),
    ];
    let has = |data| stored.iter().any(|have| have.data == data);
    match CONFLICTS.iter().find(|(a, b)| has(*a) && has(*b)) {
        Some((a, b)) => Err(StoreError::Conflict(a.name(), b.name())),
        None => Ok(()),
    }
}

/// What `server_key` holds (`srvkey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerKeyType {
    /// The server's name.
    #[default]
    Name,
    /// The server's address and port.
    Addr,
}

/// A `stick-table` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// The table's name: that of its proxy, or `peers/table`.
    pub name: Box<str>,
    /// The type of its keys.
    pub key: KeyType,
    /// Entries at most.
    pub size: usize,
    /// How long an untouched entry lives; `None`: until its place is needed.
    pub expire: Option<Duration>,
    /// `nopurge`: when it is full new keys are not stored, rather than old ones dropped.
    pub nopurge: bool,
    /// What is stored.
    pub stored: Vec<Stored>,
    /// What `server_key` holds.
    pub srvkey: ServerKeyType,
    /// Byte rates are counted in units of this many bytes, 1 to 1024.
    pub brates_factor: u32,
    /// The `peers` section that it is exchanged with.
    pub peers: Option<Box<str>>,
    /// `recv-only`: updates from peers are stored, own ones not sent.
    pub recv_only: bool,
    /// The table that updates from peers are copied to.
    pub write_to: Option<Box<str>>,
}

impl TableSpec {
    /// A table of `size` keys that stores nothing else and keeps it for ever.
    #[must_use]
    pub fn new(name: &str, key: KeyType, size: usize) -> Self {
        TableSpec {
            name: name.into(),
            key,
            size,
            expire: None,
            nopurge: false,
            stored: Vec::new(),
            srvkey: ServerKeyType::Name,
            brates_factor: 1,
            peers: None,
            recv_only: false,
            write_to: None,
        }
    }

    /// Adds what a `store` word says.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was added then.
    pub fn store(&mut self, list: &str) -> Result<(), StoreError> {
        let mut all = self.stored.clone();
        for element in Stored::parse_list(list)? {
            if !all.iter().any(|have| have.data == element.data) {
                all.push(element);
            }
        }
        check(&all)?;
        self.stored = all;
        Ok(())
    }
}

/// Where each data type stands in an entry.
#[derive(Debug)]
pub(super) struct Layout {
    places: [Option<Place>; DataType::ALL.len()],
    words: usize,
}

/// A data type's first word, how many elements it has, and its period.
#[derive(Debug, Clone, Copy)]
struct Place {
    first: u16,
    count: u8,
    period_ms: u32,
}

impl Layout {
    pub(super) fn new(stored: &[Stored]) -> Layout {
        let mut layout = Layout { places: [None; DataType::ALL.len()], words: 0 };
        for element in stored {
            let place = &mut layout.places[element.data as usize];
            let Ok(first) = u16::try_from(layout.words) else { break };
            if place.is_none() {
                let count = element.count.max(1);
                *place = Some(Place { first, count, period_ms: element.period_ms.max(1) });
                layout.words += usize::from(count) * element.data.kind().words();
            }
        }
        layout
    }

    /// How many words an entry has.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The first word of element `index` of `data`, and its period; `None` if it is not stored.
    pub(super) fn find(&self, data: DataType, index: usize) -> Option<(usize, u32)> {
        let place = self.places[data as usize]?;
        let first = usize::from(place.first) + index * data.kind().words();
        (index < usize::from(place.count)).then_some((first, place.period_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_list() {
        let list = Stored::parse_list("conn_cnt,http_req_rate(10s),gpc(4),gpc_rate(4,1m),conn_cnt").unwrap();
        let got: Vec<_> = list.iter().map(|s| (s.data, s.count, s.period_ms)).collect();
        let want = [
            (DataType::ConnCnt, 1, 0),
            (DataType::HttpReqRate, 1, 10_000),
            (DataType::Gpc, 4, 0),
            (DataType::GpcRate, 4, 60_000),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |text| Stored::parse_list(text).unwrap_err();
        assert_eq!(wrong("conn_cnt,nope"), StoreError::Unknown("nope".into()));
        assert_eq!(wrong("conn_rate"), StoreError::MissingArgument("conn_rate"));
        assert_eq!(wrong("conn_cnt(3)"), StoreError::UnexpectedArgument("conn_cnt"));
        assert_eq!(wrong("conn_rate(3s"), StoreError::Parenthesis("conn_rate"));
        assert_eq!(wrong("conn_rate(x)"), StoreError::Period("conn_rate", "x".into()));
        assert_eq!(wrong("gpc(101)"), StoreError::ArraySize("gpc"));
        assert_eq!(wrong("gpc0,gpc(1)"), StoreError::Conflict("gpc", "gpc0"));
    }

    #[test]
    fn several_store_words_add_up() {
        let mut spec = TableSpec::new("t", KeyType::Ip, 10);
        spec.store("gpt0").unwrap();
        spec.store("conn_cur,gpt0").unwrap();
        assert_eq!(spec.stored.len(), 2);
        assert_eq!(spec.store("gpt(2)"), Err(StoreError::Conflict("gpt", "gpt0")));
        assert_eq!(spec.stored.len(), 2);
    }

    #[test]
    fn places_do_not_overlap() {
        let stored = Stored::parse_list("gpc(3),server_id,server_key,gpc_rate(2,1s),gpt(2)").unwrap();
        let layout = Layout::new(&stored);
        assert_eq!(layout.find(DataType::Gpc, 2), Some((2, 1)));
        assert_eq!(layout.find(DataType::ServerId, 0), Some((3, 1)));
        assert_eq!(layout.find(DataType::GpcRate, 1), Some((6, 1000)));
        assert_eq!(layout.find(DataType::Gpt, 1), Some((9, 1)));
        assert_eq!(layout.find(DataType::Gpt, 2), None);
        assert_eq!(layout.find(DataType::ConnCur, 0), None);
        assert!(layout.find(DataType::ServerKey, 0).is_some());
        assert_eq!(layout.words(), 10);
    }
}

//! Filters on what entries store: `data.<type> <operator> <value>`, up to four of them, all of which must hold.

use base::clock::Millis;
use state::table::{DataType, Table, Tracked};

use crate::command::{Answer, Request};

/// How many filters there may be.
const FILTERS_MAX: usize = 4;

/// How a value is compared.
#[derive(Debug, Clone, Copy)]
struct Operator(fn(&i64, &i64) -> bool);

impl Operator {
    fn parse(word: &[u8]) -> Option<Operator> {
        Some(Operator(match word {
            b"eq" => i64::eq,
            b"ne" => i64::ne,
            b"le" => i64::le,
            b"ge" => i64::ge,
            b"lt" => i64::lt,
            b"gt" => i64::gt,
            _ => return None,
        }))
    }
}

#[derive(Debug)]
struct Filter {
    data: DataType,
    index: usize,
    operator: Operator,
    value: i64,
}

/// All filters of a command.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<Filter>);

impl Filters {
    /// Reads them from the third word on.
    pub(super) fn read(request: &Request<'_>, table: &Table) -> Result<Filters, Answer> {
        let mut filters = Vec::new();
        while filters.len() < FILTERS_MAX {
            let at = 3 + 3 * filters.len();
            if request.word(at).is_empty() {
                return Ok(Filters(filters));
            }
            let number = filters.len() + 1;
            let wrong = |text: &str| Answer::error(format!("Filter entry #{number}: {text}\n"));
            filters.push(filter(request, at, table).map_err(wrong)?);
        }
        let at = 3 + 3 * FILTERS_MAX;
        if request.word(at).is_empty() {
            return Ok(Filters(filters));
        }
        Err(Answer::error(format!(
            "Detected extra data in filter, {}th word of input, after '{}'\n",
            at + 1,
            request.text(at - 1)
        )))
    }

    /// Whether all hold for an entry. What it does not hold after all passes nothing.
    pub(super) fn match_entry(&self, entry: &Tracked, now: Millis) -> bool {
        self.0.iter().all(|filter| {
            let have = entry.get(filter.data, filter.index, now);
            have.is_some_and(|have| (filter.operator.0)(&have, &filter.value))
        })
    }
}

fn filter(request: &Request<'_>, at: usize, table: &Table) -> Result<Filter, &'static str> {
    let (data, index) = data_type(request.word(at)).ok_or("Unknown data type")?;
    if !table.stores(data, 0) {
        return Err("Data type not stored in this table");
    }
    let operator = Operator::parse(request.word(at + 1))
        .ok_or("Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"")?;
    let value = integer(request.word(at + 2)).ok_or("Require a valid integer value to compare against")?;
    Ok(Filter { data, index, operator, value })
}

/// The type behind `data.`, with its index.
pub(super) fn data_type(word: &[u8]) -> Option<(DataType, usize)> {
    let name = std::str::from_utf8(word.strip_prefix(b"data.")?).ok()?;
    DataType::parse_indexed(name)
}

/// A whole number.
pub(super) fn integer(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

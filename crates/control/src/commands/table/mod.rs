//! `show table`, `set table`, `clear table`: stick tables (management guide, `show table` and its relatives).

use std::sync::Arc;

use base::clock;
use engine::service::Left;
use state::table::{Key, KeyType, Table, Tracked};
use state::{Value, value::Type};

use crate::access::Level;
use crate::command::{Answer, Command, Producer, Request, settle};
use crate::process::Process;
use crate::stat::PART_BYTES;
use filter::Filters;

mod filter;
mod set;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["show", "table"],
        "show table [<table> [<filter>]*]",
        "list the stick tables, or the entries of one (filter: data or key)",
        |request| settle(show(request)),
    ),
    Command::new(
        &["set", "table"],
        "set table <table> key <k> [data.* <v>]*",
        "change or make an entry of a stick table",
        |request| settle(set::run(request)),
    ),
    Command::new(
        &["clear", "table"],
        "clear table <table> [<filter>]*",
        "remove entries from a stick table (filter: data or key)",
        |request| settle(clear(request)),
    ),
];

/// The process's tables, the last one of the configuration first.
fn tables<'a>(request: &Request<'a>) -> impl Iterator<Item = &'a Arc<Table>> {
    request.process.shared.runtime.proxies.iter().rev().filter_map(|proxy| proxy.table.as_ref())
}

/// The table of word 2.
fn table<'a>(request: &Request<'a>) -> Result<&'a Arc<Table>, Answer> {
    let name = request.text(2);
    tables(request).find(|table| table.name() == name).ok_or_else(|| Answer::error("No such table\n"))
}

fn need_operator(request: &Request<'_>) -> Result<(), Answer> {
    if request.has_level(Level::Operator) { Ok(()) } else { Err(Answer::denied()) }
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let now = clock::now();
    let mut out = Vec::new();
    if request.word(2).is_empty() {
        tables(request).for_each(|table| table.show_head(now, &mut out));
        return Ok(Answer::Dump(out));
    }
    let table = table(request)?;
    let arguments = "Optional argument only supports \"data.<store_data_type>\" <operator> <value> or key <key> or ptr \
                     <ptr>\n";
    match which(request, table, arguments)? {
        Which::Key(key) => {
            check_type(table, "Showing keys from")?;
            need_operator(request)?;
            if let Some(entry) = table.lookup(&key, now) {
                table.show_head(now, &mut out);
                entry.show(now, &mut out);
            }
        }
        Which::Entry(entry) => {
            check_type(table, "Showing keys from")?;
            need_operator(request)?;
            table.show_head(now, &mut out);
            entry.show(now, &mut out);
        }
        Which::All(filters) => {
            table.show_head(now, &mut out);
            // Who may only look learns that there are entries, not what is in them.
            if request.has_level(Level::Operator) {
                let listing = Listing { table: table.clone(), filters, head: out, shard: 0 };
                return Ok(Answer::Stream(Box::new(listing)));
            }
        }
    }
    Ok(Answer::Dump(out))
}

fn clear(request: &Request<'_>) -> Result<Answer, Answer> {
    let arguments = "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key> or \
                     <table> ptr <ptr>\n";
    if request.word(2).is_empty() {
        return Err(Answer::error(arguments));
    }
    let table = table(request)?;
    need_operator(request)?;
    let now = clock::now();
    let key = match which(request, table, arguments)? {
        Which::All(filters) => {
            table.clear_if(now, |entry| filters.match_entry(entry, now));
            return Ok(Answer::Done);
        }
        Which::Key(key) => key,
        Which::Entry(entry) => entry.key().clone(),
    };
    check_type(table, "Removing keys from")?;
    if table.clear(&key, now) == state::table::Cleared::InUse {
        return Err(Answer::error("Entry currently in use, cannot remove\n"));
    }
    Ok(Answer::Done)
}

/// A table on its way out, shard by shard.
#[derive(Debug)]
struct Listing {
    table: Arc<Table>,
    filters: Filters,
    /// What stands before the entries, until it was sent.
    head: Vec<u8>,
    shard: usize,
}

impl Producer for Listing {
    fn fill(&mut self, _: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        out.append(&mut self.head);
        let now = clock::now();
        while out.len() < end {
            if self.shard >= self.table.shard_count() {
                return Left::Nothing;
            }
            for entry in self.table.iter_shard(self.shard, now) {
                if self.filters.match_entry(&entry, now) {
                    entry.show(now, out);
                }
            }
            self.shard += 1;
        }
        Left::More
    }
}

/// Which entries a command is about.
enum Which {
    /// The one of a key.
    Key(Key),
    /// The one with this address in `show table`.
    Entry(Tracked),
    /// All that pass.
    All(Filters),
}

/// Reads the words from the third on. `arguments` is said of words that have no place here.
fn which(request: &Request<'_>, table: &Arc<Table>, arguments: &str) -> Result<Which, Answer> {
    match request.word(3) {
        b"" => Ok(Which::All(Filters::default())),
        b"key" => key(table, request.word(4)).map(Which::Key),
        b"ptr" => entry(table, request.word(4)).map(Which::Entry),
        word if word.starts_with(b"data.") => Filters::read(request, table).map(Which::All),
        _ => Err(Answer::error(arguments.to_owned())),
    }
}

/// The key that a word stands for.
fn key(table: &Table, word: &[u8]) -> Result<Key, Answer> {
    if word.is_empty() {
        return Err(Answer::error("Key value expected\n"));
    }
    let text = Value::str(word);
    let value = match table.spec().key {
        // Written as either family, an address keeps it until the table wants another.
        KeyType::Ip | KeyType::Ipv6 => text.cast(Type::Addr),
        KeyType::Integer | KeyType::String { .. } | KeyType::Binary { .. } => Some(text),
    };
    value.and_then(|value| table.key(&value)).ok_or_else(|| Answer::error("Invalid key\n"))
}

/// The entry that `show table` shows with this number.
fn entry(table: &Arc<Table>, word: &[u8]) -> Result<Tracked, Answer> {
    let Some(digits) = word.strip_prefix(b"0x") else {
        return Err(Answer::error("Pointer expected (0xffff notation)\n"));
    };
    let number = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
    let Some(number) = number else { return Err(Answer::error("Malformed ptr.\n")) };
    let found = table.iter(clock::now()).find(|entry| entry.id() == number);
    found.ok_or_else(|| Answer::error("No entry can be found matching ptr.\n"))
}

/// Keys of bytes cannot be written in a command.
fn check_type(table: &Table, what: &str) -> Result<(), Answer> {
    match table.spec().key {
        KeyType::Ip | KeyType::Ipv6 | KeyType::Integer | KeyType::String { .. } => Ok(()),
        KeyType::Binary { .. } => Err(Answer::error(format!(
            "{what} tables of type other than ip, ipv6, string and integer is not supported\n"
        ))),
    }
}

#[cfg(test)]
mod tests;

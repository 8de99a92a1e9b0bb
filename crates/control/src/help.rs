//! What `help` says, and what is said to commands that nobody knows: the rows that begin alike, or else the nearest ones.

use std::fmt::Write;

use crate::access::Access;
use crate::command::Command;
use crate::commands;

/// Nearest commands that are offered.
const NEAREST_MAX: usize = 5;

/// What follows the commands: the words that are always there.
const ALWAYS: [(&str, &str); 3] = [
    ("help [<command>]", "list all commands, or those that begin alike"),
    ("prompt [help | n | i | p | timed ]*", "go on after each line, with or without a prompt"),
    ("quit", "end the connection"),
];

/// The answer to `help` with the words behind it.
pub(crate) fn help(words: &[Vec<u8>], access: Access) -> String {
    let mut text = "The following commands are valid at this level:\n".to_owned();
    list(&matching(words, access), &mut text);
    text
}

/// The answer to a command that nobody knows.
pub(crate) fn unknown(words: &[Vec<u8>], access: Access) -> String {
    let first = words.first().map_or(&[][..], Vec::as_slice);
    let mut text = format!(
        "Unknown command: '{}', but maybe one of the following ones is a better match:\n",
        base::Lossy(first)
    );
    list(&matching(words, access), &mut text);
    text
}

fn list(rows: &[&Command], text: &mut String) {
    let mut lines: Vec<(&str, &str)> = rows.iter().map(|row| (row.usage, row.brief)).collect();
    lines.sort_unstable();
    for (usage, brief) in lines.into_iter().chain(ALWAYS) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {usage:<40}: {brief}");
    }
}

/// How many words two commands have in common at their beginning.
fn common(row: &Command, words: &[Vec<u8>]) -> usize {
    row.words.iter().zip(words).take_while(|(have, given)| have.as_bytes() == given.as_slice()).count()
}

/// The rows to show for some words: those that share the most words at the beginning and are nearest in the rest; without a rest,
/// all that share the most.
fn matching(words: &[Vec<u8>], access: Access) -> Vec<&'static Command> {
    let visible = || commands::all().filter(move |row| access.has(row.mode) && !row.usage.is_empty());
    let known = commands::all().filter(|row| access.has(row.mode));
    let length = known.map(|row| common(row, words)).max().unwrap_or(0);
    let alike: Vec<&Command> = visible().filter(|row| common(row, words) >= length).collect();
    let near = nearest(&alike, words, length);
    if near.is_empty() { alike } else { near }
}

fn nearest(rows: &[&'static Command], words: &[Vec<u8>], from: usize) -> Vec<&'static Command> {
    let given = String::from_utf8_lossy(&words[from.min(words.len())..].join(&b' ')).into_owned();
    if given.is_empty() {
        return Vec::new();
    }
    let mut scored: Vec<(usize, &Command)> = rows
        .iter()
        .map(|row| {
            let rest = row.words[from.min(row.words.len())..].join(" ");
            (distance(&given, &rest), *row)
        })
        .collect();
    scored.sort_by_key(|(score, row)| (*score, row.usage));
    let best = scored.first().map_or(0, |(score, _)| *score);
    let is_good = |(score, row): &&(usize, &'static Command)| {
        let length = given.len().max(row.words.join(" ").len());
        *score <= best + 1 && score * 5 <= length * 3
    };
    let good: Vec<&Command> = scored.iter().filter(is_good).map(|(_, row)| *row).take(NEAREST_MAX).collect();
    // Where nothing is near, the nearest ones are still shorter than the whole list.
    if good.is_empty() { scored.into_iter().map(|(_, row)| row).take(NEAREST_MAX).collect() } else { good }
}

/// The smaller of the distances to the whole name and to the name cut to the same number of words: arguments do not count.
fn distance(given: &str, name: &str) -> usize {
    let count = name.split(' ').count();
    let cut: Vec<&str> = given.split(' ').take(count).collect();
    strsim::damerau_levenshtein(&cut.join(" "), name).min(strsim::damerau_levenshtein(given, name))
}

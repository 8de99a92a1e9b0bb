//! `show acl`, `show map`: all lists, or the entries of one.

use std::io::Write;

use engine::service::Left;
use state::pattern::Entries;

use super::{Kind, generation};
use crate::access::Level;
use crate::command::{Answer, Command, Producer, Request, settle};
use crate::process::Process;
use crate::stat::PART_BYTES;

pub(super) static ROWS: &[Command] = &[
    Command::new(&["show", "acl"], "show acl [@<ver>] <acl>", "list the ACLs, or the patterns of one", run)
        .level(Level::Admin),
    Command::new(&["show", "map"], "show map [@<ver>] [map]", "list the maps, or the entries of one", run)
        .level(Level::Admin),
];

fn run(request: &mut Request<'_>) -> Answer {
    let kind = Kind::of(request);
    if request.word(2).is_empty() { lists(request, kind) } else { settle(entries(request, kind)) }
}

fn lists(request: &Request<'_>, kind: Kind) -> Answer {
    let mut out = b"# id (file) description\n".to_vec();
    for list in request.process.shared.config.patterns.iter().filter(|list| kind.includes(list)) {
        let reference = &list.reference;
        // Writing to a Vec cannot fail.
        let _ = writeln!(
            out,
            "{} ({}) {}. curr_ver={} next_ver={} entry_cnt={}",
            list.id,
            reference.name(),
            list.display,
            reference.current(),
            reference.newest(),
            reference.len_of_all()
        );
    }
    Answer::Dump(out)
}

fn entries(request: &Request<'_>, kind: Kind) -> Result<Answer, Answer> {
    let (generation, at) = generation(request);
    let list = kind.find(request, at)?;
    Ok(Answer::Stream(Box::new(Listing(list.reference.entries(generation)))))
}

/// Entries still to be shown.
#[derive(Debug)]
struct Listing(Entries);

impl Producer for Listing {
    fn fill(&mut self, _: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        while out.len() < end {
            let Some(entry) = self.0.next() else { return Left::Nothing };
            // Writing to a Vec cannot fail.
            let _ = write!(out, "{:#x} ", entry.id);
            out.extend_from_slice(entry.pattern());
            if let Some(text) = entry.text() {
                out.push(b' ');
                out.extend_from_slice(&text);
            }
            out.push(b'\n');
        }
        Left::More
    }
}

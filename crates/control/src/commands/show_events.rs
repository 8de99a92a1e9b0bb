//! `show events`: the rings, or what is in one.

use std::io::Write;
use std::sync::Arc;

use engine::service::Left;
use logs::{Cursor, Ring};

use crate::access::Level;
use crate::command::{Answer, Command, Producer, Request, settle};
use crate::process::Process;
use crate::stat::PART_BYTES;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "events"],
    "show events [<sink>] [-n] [-0]",
    "list the rings, or show what is in one",
    |request| settle(run(request)),
)
.level(Level::Operator)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let rings = &request.process.shared.logs.rings;
    let name = request.text(2);
    if name.is_empty() {
        let mut out = b"Rings (with -0 messages end with a zero, with -n only new ones count):\n".to_vec();
        for (name, ring) in rings {
            let description = String::from_utf8_lossy(ring.description());
            // Writing to a Vec cannot fail.
            let _ = writeln!(out, "    {name:<10} : type=buffer, {} dropped, {description}", ring.dropped());
        }
        return Ok(Answer::Dump(out));
    }
    let ring = rings.get(&*name).ok_or_else(|| Answer::error("No such event sink\n"))?;
    let mut listing = Listing { ring: ring.clone(), at: ring.oldest(), end: b'\n' };
    for word in request.words.iter().skip(3) {
        let Some(options) = word.strip_prefix(b"-").filter(|options| !options.is_empty()) else {
            return Err(Answer::error(format!("unknown option '{}'\n", base::Lossy(word))));
        };
        for option in options {
            match option {
                b'0' => listing.end = 0,
                b'n' => listing.at = ring.newest(),
                b'w' => return Err(Answer::error("'show events -w' is known, but not built yet.\n")),
                _ => return Err(Answer::error(format!("unknown option '{}'\n", base::Lossy(word)))),
            }
        }
    }
    Ok(Answer::Stream(Box::new(listing)))
}

/// A ring's messages up to now.
#[derive(Debug)]
struct Listing {
    ring: Arc<Ring>,
    at: Cursor,
    /// What stands behind a message.
    end: u8,
}

impl Producer for Listing {
    fn fill(&mut self, _: &Process, out: &mut Vec<u8>) -> Left {
        let batch = self.ring.read_from(self.at, PART_BYTES);
        for message in batch.messages() {
            out.extend_from_slice(message);
            out.push(self.end);
        }
        self.at = batch.next();
        if batch.is_empty() { Left::Nothing } else { Left::More }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_is_in_a_ring() {
        let lab = Lab::new("ring r\n  description \"a ring\"\n  size 16384\n");
        let ring = lab.process.shared.logs.rings["r"].clone();
        ring.append(&[b"one"], 100);
        ring.append(&[b"two"], 100);
        assert!(lab.ask("show events").contains("\n    r          : type=buffer, 0 dropped, a ring\n"));
        assert_eq!(lab.ask("show events r"), "one\ntwo\n");
        assert_eq!(lab.ask("show events r -0"), "one\0two\0");
        assert_eq!(lab.ask("show events r -n"), "");
        assert_eq!(lab.ask("show events zz"), "No such event sink\n");
        assert_eq!(lab.ask("show events r -x"), "unknown option '-x'\n");
    }
}

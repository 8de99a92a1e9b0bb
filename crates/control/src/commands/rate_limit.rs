//! `set rate-limit`: what the whole process may do within a second.

use state::rates::Limited;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "rate-limit"],
    "set rate-limit <setting> <value>",
    "change how much may begin within a second (connections, sessions, ssl-sessions, http-compression)",
    |request| settle(run(request)),
)
.level(Level::Admin)];

const USAGE: &str = "'set rate-limit' only supports :
   - 'connections global': connections that are accepted within a second
   - 'sessions global': sessions that begin within a second
   - 'ssl-sessions global': TLS sessions that begin within a second
   - 'http-compression global': kilobytes that compression makes within a second
";

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let limited = match request.word(2) {
        b"connections" => Limited::Connections,
        b"sessions" => Limited::Sessions,
        b"ssl-sessions" => Limited::TlsSessions,
        b"http-compression" => Limited::CompressedBytes,
        _ => return Err(Answer::error(USAGE)),
    };
    if request.word(3) != b"global" {
        return Err(Answer::error(USAGE));
    }
    let text = request.text(4);
    if text.is_empty() {
        return Err(Answer::error("Expects an integer value.\n"));
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let limit: u32 = match &text[..end] {
        // As everywhere, what begins with no digit is 0.
        "" => 0,
        digits => digits.parse().map_err(|_| Answer::error("Value out of range.\n"))?,
    };
    // Kilobytes are said, bytes are counted.
    let limit = if limited == Limited::CompressedBytes { limit.saturating_mul(1024) } else { limit };
    request.process.shared.runtime.rates.set_limit(limited, limit);
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn limits() {
        let lab = Lab::new("global\n  maxsessrate 7\n");
        assert_eq!(lab.ask("set rate-limit connections global 5"), "");
        let info = lab.ask("show info");
        assert!(info.contains("\nConnRateLimit: 5\n") && info.contains("\nSessRateLimit: 7\n"), "{info}");
        assert_eq!(lab.ask("set rate-limit http-compression global 3"), "");
        assert!(lab.ask("show info").contains("\nCompressBpsRateLim: 3072\n"));
        assert_eq!(lab.ask("set rate-limit sessions global"), "Expects an integer value.\n");
        for command in ["set rate-limit", "set rate-limit sessions local 5"] {
            assert!(lab.ask(command).starts_with("'set rate-limit' only supports :\n"), "{command}");
        }
    }
}

//! `soak [SECONDS [CONNECTIONS]]`: load on the proxy while its servers are killed and restarted, 60 seconds and
//! 500 connections unless said otherwise. Prints what was seen; exit status 1 if something does not hold: an error
//! that a client should not see, resident memory over 1.05 times that after a third of the time, a descriptor left.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lockgate_e2e::Load;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse());
    let (seconds, connections) = match (arguments.next(), arguments.next()) {
        (None, _) => (60, 500),
        (Some(Ok(seconds)), None) => (seconds, 500),
        (Some(Ok(seconds)), Some(Ok(connections))) => (seconds, connections),
        _ => return usage(),
    };
    let Ok(count) = usize::try_from(connections) else { return usage() };
    let figures = Load { duration: Duration::from_secs(seconds), connections: count }.run();
    let complaint = figures.complaint(1050);
    let text = format!(
        "answered           {}\nclosed between     {}\nfailed             {}\nservers killed     {}\nresident KiB       {} -> {} ({} permille)\ndescriptors        {} -> {}\n{}\n",
        figures.answered,
        figures.closed_between,
        figures.failed,
        figures.kills,
        figures.resident_kib.0,
        figures.resident_kib.1,
        figures.growth_permille(),
        figures.descriptors.0,
        figures.descriptors.1,
        complaint.as_deref().unwrap_or("ok"),
    );
    // Nobody reads it any more: the exit status still says how it went.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(u8::from(complaint.is_some()))
}

fn usage() -> ExitCode {
    eprintln!("usage: soak [SECONDS [CONNECTIONS]]");
    ExitCode::from(2)
}

//! `rate SCENARIO [SECONDS [CONNECTIONS]]`: load on a configuration of `bench/scenarios`, and what a request costs the
//! proxy: CPU time of its process, /proc/PID/stat, fields 14 and 15.

use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lockgate_e2e::rate;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(text) = arguments.next().and_then(|path| fs::read_to_string(path).ok()) else {
        return usage();
    };
    let number = |text: Option<String>, otherwise: u64| text.map_or(Ok(otherwise), |text| text.parse());
    let (Ok(seconds), Ok(connections)) = (number(arguments.next(), 10), number(arguments.next(), 32)) else {
        return usage();
    };
    let figures = rate::measure(&text, Duration::from_secs(seconds), connections);
    let text = format!(
        "requests {}  per second {}  CPU us/request {:.1}  resident KiB {}  failed {}\n",
        figures.requests,
        figures.requests / seconds.max(1),
        figures.cpu_us_per_request(),
        figures.resident_kib,
        figures.failed
    );
    // Nobody reads it any more: the exit status still says how it went.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(u8::from(figures.failed > 0 || figures.requests == 0))
}

fn usage() -> ExitCode {
    eprintln!("usage: rate SCENARIO [SECONDS [CONNECTIONS]]");
    ExitCode::from(2)
}

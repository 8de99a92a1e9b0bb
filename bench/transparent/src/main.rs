//! What a transparent bind and source cost: CPU time of a request through them, against the same proxy without.
//!
//! ```text
//!   lockgate-bench-transparent PROGRAM ROUNDS [SECONDS]
//! ```
//! Three sites of three machines each (namespaces: clients, proxy, server): `transparent` has the manual's rules and
//! `bind 1.1.1.1:80 transparent`, `source 0.0.0.0 usesrc clientip`; `ruled` has the rules alone; `plain` has none of it. In
//! each round all are loaded in turn, the order alternating, with 64 clients of distinct addresses: on kept connections,
//! and with a connection for each request. The CPU time is that of the proxy's own threads. Part of what the kernel does
//! with the rules counts as theirs, because a machine of namespaces delivers packets in the sender's time; hence `ruled`.
//! Needs root.

use std::process::ExitCode;
use std::time::Duration;

mod load;
mod site;

use load::{Clients, Cost};
use site::{Site, Variant};

/// How clients ask.
const WAYS: [(&str, Clients); 2] = [("kept", Clients::Keep), ("close", Clients::Close)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|text| text.parse::<u32>());
    let (Some(program), Some(Ok(rounds @ 1..)), None | Some(Ok(1..))) =
        (arguments.first(), number(1), number(2))
    else {
        eprintln!("usage: lockgate-bench-transparent PROGRAM ROUNDS [SECONDS]");
        return ExitCode::from(2);
    };
    let seconds = number(2).and_then(Result::ok).unwrap_or(3);
    if let Some(what) = netns::privilege::missing() {
        eprintln!("network namespaces cannot be made: missing {what}");
        return ExitCode::FAILURE;
    }
    let text = measure(program, rounds, Duration::from_secs(seconds.into()));
    print_figures(&text);
    ExitCode::SUCCESS
}

fn measure(program: &str, rounds: u32, time: Duration) -> String {
    let sites =
        [Variant::Plain, Variant::Ruled, Variant::Transparent].map(|variant| Site::new(program, variant));
    let mut told = String::new();
    for (name, clients) in WAYS {
        let mut costs: [Vec<Cost>; 3] = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..rounds {
            let order = if round % 2 == 0 { [0, 1, 2] } else { [2, 1, 0] };
            for at in order {
                costs[at].push(sites[at].load(clients, time));
            }
        }
        let [plain, ruled, transparent] = &costs;
        let ratios = |base: &[Cost]| {
            shown(base.iter().zip(transparent).map(|(base, other)| other.us / base.us).collect())
        };
        let us = |costs: &[Cost]| shown(costs.iter().map(|cost| cost.us).collect());
        told += &format!(
            "{name}: transparent/ruled {}, transparent/plain {} (us a request: plain {}, ruled {}, transparent {})\n",
            ratios(ruled),
            ratios(plain),
            us(plain),
            us(ruled),
            us(transparent)
        );
        let failed: u64 = costs.iter().flatten().map(|cost| cost.failed).sum();
        if failed > 0 {
            told += &format!("{name}: {failed} requests failed\n");
        }
    }
    told
}

/// `median [smallest-largest]`.
fn shown(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let median = (figures[(figures.len() - 1) / 2] + figures[figures.len() / 2]) / 2.0;
    format!("{median:.3} [{:.3}-{:.3}]", figures[0], figures[figures.len() - 1])
}

#[expect(clippy::print_stdout, reason = "the figures are what the program is for")]
fn print_figures(text: &str) {
    print!("{text}");
}

//! `show activity`: what each worker has done. Of HAProxy's rows those that exist here: the sum, then one value a worker.

use std::io::Write;

use base::clock;
use state::Proxy;
use state::counters::{Counter, ProxyCounters};

use crate::access::Level;
use crate::command::{Answer, Command, Request};
use crate::process::Process;
use crate::typed::Value;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "activity"],
    "show activity [-1|0|thread_num]",
    "show what each worker has done",
    run,
)
.level(Level::Operator)];

/// How a row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The sum and all workers.
    All,
    /// The sum alone.
    Sum,
    /// One worker alone.
    One(usize),
}

/// Finds a counter among those of one worker.
type Counted = fn(&ProxyCounters) -> &Counter;

/// What is counted in frontends, worker by worker.
const COUNTERS: [(&str, Counted); 4] = [
    ("accepted", |c| &c.cum_conn),
    ("requests", |c| &c.cum_req),
    ("bytes_in", |c| &c.bytes_in),
    ("bytes_out", |c| &c.bytes_out),
];

fn run(request: &mut Request<'_>) -> Answer {
    let process = request.process;
    let workers = usize::try_from(process.shared.runtime.process.nbthread).unwrap_or(1).max(1);
    let shown = match request.text(2).parse::<i64>() {
        Err(_) | Ok(..-1) => Shown::All,
        Ok(-1) => Shown::Sum,
        Ok(0) => Shown::All,
        Ok(number) => match usize::try_from(number) {
            Ok(number) if number <= workers => Shown::One(number - 1),
            _ => return Answer::error(format!("Thread number out of range (1-{workers}).\n")),
        },
    };
    let mut out = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = writeln!(out, "thread_id: {workers} (1..{workers})");
    let _ = write!(out, "date_now: ");
    Value::Flt(clock::wall().as_secs_f64()).write(&mut out);
    let _ = write!(out, "\nuptime_now: ");
    Value::Flt(process.uptime(clock::now()).as_secs_f64()).write(&mut out);
    out.push(b'\n');
    for (name, counter) in COUNTERS {
        row(name, &per_worker(process, workers, counter), shown, &mut out);
    }
    Answer::Dump(out)
}

fn per_worker(process: &Process, workers: usize, counter: Counted) -> Vec<u64> {
    let of = |proxy: &Proxy, at| proxy.frontend.iter().nth(at).map_or(0, |counters| counter(counters).get());
    let proxies = &process.shared.runtime.proxies;
    (0..workers).map(|at| proxies.iter().map(|proxy| of(proxy, at)).sum()).collect()
}

fn row(name: &str, values: &[u64], shown: Shown, out: &mut Vec<u8>) {
    let sum: u64 = values.iter().sum();
    let _ = match shown {
        Shown::Sum => writeln!(out, "{name}: {sum}"),
        Shown::One(at) => writeln!(out, "{name}: {}", values[at]),
        Shown::All => {
            let list: Vec<String> = values.iter().map(u64::to_string).collect();
            writeln!(out, "{name}: {sum} [ {} ]", list.join(" "))
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn workers_and_their_sum() {
        let lab = Lab::new("frontend f\n");
        lab.process.shared.runtime.proxies[0].frontend.iter().nth(1).unwrap().cum_conn.add(3);
        let text = lab.ask("show activity");
        assert!(text.starts_with("thread_id: 2 (1..2)\ndate_now: "), "{text}");
        assert!(text.contains("\naccepted: 3 [ 0 3 ]\n"), "{text}");
        assert!(lab.ask("show activity -1").contains("\naccepted: 3\n"));
        assert!(lab.ask("show activity 1").contains("\naccepted: 0\n"));
        assert_eq!(lab.ask("show activity 9"), "Thread number out of range (1-2).\n");
    }
}

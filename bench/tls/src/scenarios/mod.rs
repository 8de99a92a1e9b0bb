//! The scenarios: what is measured, and in which order.

mod certs;
mod idle;
mod keep_alive;

use std::fs;
use std::path::Path;

use crate::Trouble;
use crate::certificates::Certificates;
use crate::figures::{Outcome, Round, figure};
use crate::load::Count;
use crate::options::{Options, Scenario};
use crate::process;
use crate::program::{Program, Serving};

/// A figure of a scenario, as it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metric {
    /// Its name in [`Round`] and in JSON.
    pub(crate) name: &'static str,
    /// The head of its column.
    pub(crate) title: &'static str,
    /// Digits behind the point.
    pub(crate) digits: usize,
    /// Whether ratios of it are shown.
    pub(crate) compared: Compared,
}

/// Whether the ratio of a figure means anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Yes,
    No,
}

const fn metric(name: &'static str, title: &'static str, digits: usize, compared: Compared) -> Metric {
    Metric { name, title, digits, compared }
}

/// What a scenario came to.
pub(crate) struct Measured {
    pub(crate) scenario: Scenario,
    pub(crate) title: String,
    pub(crate) metrics: &'static [Metric],
    /// In the order of the programs.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Runs a scenario on all programs; its files go below `directory`.
pub(crate) fn run(
    scenario: Scenario,
    options: &Options,
    programs: &[Program],
    directory: &Path,
) -> Result<Measured, Trouble> {
    eprintln!("{}:", scenario.name());
    let directory = directory.join(scenario.name());
    fs::create_dir_all(&directory).map_err(Trouble::of("a directory"))?;
    let count = if scenario == Scenario::Certificates { options.certificates } else { 1 };
    let certificates = Certificates::make(&directory.join("certificates"), count)?;
    let bench = Bench { options, programs, certificates, directory };
    match scenario {
        Scenario::KeepAlive => keep_alive::run(&bench),
        Scenario::Idle => idle::run(&bench),
        Scenario::Certificates => certs::run(&bench),
    }
}

/// What a scenario needs.
struct Bench<'o> {
    options: &'o Options,
    programs: &'o [Program],
    certificates: Certificates,
    directory: std::path::PathBuf,
}

impl Bench<'_> {
    /// Measures all programs in turn, in each round in the other direction. `round` is told the program's number.
    fn rounds(&self, mut round: impl FnMut(usize, &Program) -> Result<Round, Trouble>) -> Vec<Outcome> {
        let outcome = |program: &Program| Outcome { program: program.name.clone(), ..Outcome::default() };
        let mut outcomes: Vec<Outcome> = self.programs.iter().map(outcome).collect();
        for number in 0..self.options.rounds {
            let forth = (0..self.programs.len()).collect::<Vec<_>>();
            let order = if number % 2 == 0 { forth } else { forth.into_iter().rev().collect() };
            for position in order {
                let outcome = &mut outcomes[position];
                if outcome.unsupported.is_none() {
                    take(outcome, round(position, &self.programs[position]));
                }
            }
        }
        outcomes
    }
}

fn take(outcome: &mut Outcome, result: Result<Round, Trouble>) {
    match result {
        Ok(round) => {
            let shown: Vec<String> = round.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
            eprintln!("  {:<12} {}", outcome.program, shown.join(", "));
            outcome.rounds.push(Some(round));
        }
        Err(Trouble::Unsupported(why)) => {
            eprintln!("  {:<12} {why}", outcome.program);
            outcome.unsupported = Some(why);
        }
        Err(Trouble::Failed(why)) => {
            eprintln!("  {:<12} lost: {why}", outcome.program);
            *outcome.errors.entry(why).or_default() += 1;
            outcome.rounds.push(None);
        }
    }
}

/// CPU time of a program, and of all others on its CPU, since a moment.
struct Watch {
    cpu: usize,
    own_ns: u64,
    busy_ns: u64,
}

impl Watch {
    fn new(serving: &Serving, cpu: usize) -> Watch {
        Watch { cpu, own_ns: serving.process.cpu_ns(), busy_ns: process::busy_ns(cpu) }
    }

    /// The figures of a load; a load with errors is none.
    fn figures(&self, serving: &Serving, count: &Count) -> Result<Round, Trouble> {
        let own_ns = figure(serving.process.cpu_ns().saturating_sub(self.own_ns));
        let busy_ns = figure(process::busy_ns(self.cpu).saturating_sub(self.busy_ns));
        checked(count)?;
        let answers = figure(count.answers.max(1));
        let lasted = count.lasted.as_secs_f64();
        Ok(Round::from([
            ("cpu_us", own_ns / 1e3 / answers),
            ("rps", answers / lasted),
            ("util", own_ns / 1e9 / lasted),
            ("foreign", ((busy_ns - own_ns) / 1e9 / lasted).max(0.0)),
        ]))
    }
}

/// Refuses a load with errors, or without an answer.
fn checked(count: &Count) -> Result<(), Trouble> {
    if let Some((what, times)) = count.errors.first_key_value() {
        return Err(Trouble::Failed(format!("{what} ({times} of {})", count.answers)));
    }
    match count.answers {
        0 => Err(Trouble::Failed("no answer".to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_with_errors_counts_nowhere() {
        let mut count = Count { answers: 7, ..Count::default() };
        assert!(checked(&count).is_ok());
        count.errors.insert("body", 2);
        assert_eq!(checked(&count).unwrap_err().to_string(), "body (2 of 7)");
        assert!(checked(&Count::default()).is_err());
    }
}

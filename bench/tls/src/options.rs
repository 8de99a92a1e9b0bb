//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--help` shows.
pub(crate) const USAGE: &str =
    "usage: lockgate-bench-tls --program [NAME=]PATH [--peer NAME=PATH]... [OPTION]...
  --program [NAME=]PATH  the program that is judged (named lockgate)
  --peer NAME=PATH       one to compare it with: a HAProxy, an older build, nginx
  --scenario NAME        tls-ka, tls-idle or tls-certs; all without it
  --rounds N             rounds for each program (3)
  --seconds N            length of a round of load (2)
  --connections N        connections of tls-ka (64)
  --idle N               connections of tls-idle (4000)
  --certificates N       certificates of tls-certs (10000)
  --proxy-cpu N          CPU of the proxy (0)
  --load-cpu N           CPU of the load (1)
  --json FILE            figures of all rounds
  --markdown FILE        the tables that are printed
";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// CPU time of a request on kept connections.
    KeepAlive,
    /// Memory of an idle connection.
    Idle,
    /// Loading and finding many certificates.
    Certificates,
}

impl Scenario {
    pub(crate) const ALL: [Scenario; 3] = [Scenario::KeepAlive, Scenario::Idle, Scenario::Certificates];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Scenario::KeepAlive => "tls-ka",
            Scenario::Idle => "tls-idle",
            Scenario::Certificates => "tls-certs",
        }
    }
}

/// A program as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

#[derive(Debug)]
pub(crate) struct Options {
    /// The program that is judged comes first.
    pub(crate) programs: Vec<Named>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) rounds: usize,
    pub(crate) length: Duration,
    pub(crate) connections: usize,
    pub(crate) idle: usize,
    pub(crate) certificates: usize,
    pub(crate) proxy_cpu: usize,
    pub(crate) load_cpu: usize,
    pub(crate) json: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Command {
    Run(Box<Options>),
    Help,
}

/// Reads the arguments; the program's own name is not among them.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut judged, mut peers) = (None, Vec::new());
    let mut options = Options {
        programs: Vec::new(),
        scenarios: Vec::new(),
        rounds: 3,
        length: Duration::from_secs(2),
        connections: 64,
        idle: 4000,
        certificates: 10_000,
        proxy_cpu: 0,
        load_cpu: 1,
        json: None,
        markdown: None,
    };
    while let Some(word) = words.next() {
        if word == "--help" || word == "-h" {
            return Ok(Command::Help);
        }
        let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--program" => judged = Some(named(&value, Some("lockgate"))?),
            "--peer" => peers.push(named(&value, None)?),
            "--scenario" => options.scenarios.push(scenario(&value)?),
            "--rounds" => options.rounds = count(&word, &value)?,
            "--seconds" => options.length = seconds(&value)?,
            "--connections" => options.connections = count(&word, &value)?,
            "--idle" => options.idle = count(&word, &value)?,
            "--certificates" => options.certificates = count(&word, &value)?,
            "--proxy-cpu" => options.proxy_cpu = number(&word, &value)?,
            "--load-cpu" => options.load_cpu = number(&word, &value)?,
            "--json" => options.json = Some(value.into()),
            "--markdown" => options.markdown = Some(value.into()),
            _ => return Err(format!("there is no option `{word}`")),
        }
    }
    options.programs.push(judged.ok_or("`--program` is missing")?);
    options.programs.append(&mut peers);
    if options.scenarios.is_empty() {
        options.scenarios = Scenario::ALL.to_vec();
    }
    Ok(Command::Run(Box::new(options)))
}

fn named(value: &str, default: Option<&str>) -> Result<Named, String> {
    let (name, path) = match (value.split_once('='), default) {
        (Some(both), _) => both,
        (None, Some(name)) => (name, value),
        (None, None) => return Err(format!("`{value}`: NAME=PATH is wanted")),
    };
    // Programs run in a directory of their own.
    let path = std::path::absolute(Path::new(path)).map_err(|error| format!("`{path}`: {error}"))?;
    Ok(Named { name: name.to_owned(), path })
}

fn scenario(value: &str) -> Result<Scenario, String> {
    let found = Scenario::ALL.into_iter().find(|scenario| scenario.name() == value);
    found.ok_or_else(|| format!("there is no scenario `{value}`"))
}

fn number(word: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("`{word}` needs a number, not `{value}`"))
}

fn count(word: &str, value: &str) -> Result<usize, String> {
    number(word, value).and_then(|count| match count {
        0 => Err(format!("`{word}` cannot be 0")),
        count => Ok(count),
    })
}

fn seconds(value: &str) -> Result<Duration, String> {
    let seconds: f64 = value.parse().map_err(|_| format!("`{value}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("`{value}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_judged_program_comes_first() {
        let line = "--peer old=/bin/b --program /bin/a --scenario tls-idle --seconds 0.5";
        let Ok(Command::Run(options)) = parsed(line) else { panic!("refused") };
        let names: Vec<&str> = options.programs.iter().map(|program| program.name.as_str()).collect();
        assert_eq!(names, ["lockgate", "old"]);
        assert_eq!(options.scenarios, [Scenario::Idle]);
        assert_eq!(options.length, Duration::from_millis(500));
    }

    #[test]
    fn mistakes_are_told() {
        for (line, said) in [
            ("--rounds 3", "`--program` is missing"),
            ("--program", "`--program` needs a value"),
            ("--peer /bin/a", "`/bin/a`: NAME=PATH is wanted"),
            ("--scenario tls", "there is no scenario `tls`"),
            ("--rounds 0", "`--rounds` cannot be 0"),
            ("--quick x", "there is no option `--quick`"),
        ] {
            assert_eq!(parsed(line).unwrap_err(), said, "{line}");
        }
        assert!(matches!(parsed("--help"), Ok(Command::Help)));
    }
}

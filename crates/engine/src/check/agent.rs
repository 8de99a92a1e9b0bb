//! `agent-check`: what a line from a server's agent means (chapter 5.2). Its words may stand in any order; of each kind the
//! last one counts. What follows `#` describes a state of health.

use std::sync::Arc;

use config::model::{
    CheckAction, CheckConnect, CheckCustom, CheckExpect, CheckPattern, CheckProtocol, CheckScript, CheckSend,
    CheckStep,
};
use state::balance::{Algorithm, Method};
use state::check::{CheckReport, CheckStatus, Recorded};
use state::queue::Redistribute;
use state::{Proxy, Server};

use super::admin::{Administration, set_administration};
use super::task::Checker;

/// Answers in a row that bring a server up.
pub(super) const RISE: u32 = 1;
/// Answers in a row that take it down.
pub(super) const FALL: u32 = 1;
/// The highest weight.
const WEIGHT_MAX: i64 = 256;

/// How agents are asked.
pub(super) fn script() -> CheckScript {
    let connect = CheckConnect { is_default: true, is_implicit: true, ..CheckConnect::default() };
    let expect = CheckExpect { head: 2, ..CheckExpect::new(CheckPattern::Custom(CheckCustom::Agent)) };
    let step = |number, action| CheckStep { number, comment: None, action };
    CheckScript {
        protocol: CheckProtocol::Other,
        steps: vec![
            step(0, CheckAction::Connect(connect)),
            step(1, CheckAction::Send(CheckSend::AgentText)),
            step(2, CheckAction::Expect(Box::new(expect))),
        ],
        disable_on_404: false,
        send_state: false,
    }
}

/// One line, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    health: Option<Healthy>,
    /// The word that told it.
    health_word: String,
    administration: Option<Administration>,
    weight: Option<String>,
    maxconn: Option<String>,
    /// The first word that means nothing.
    unknown: Option<String>,
    /// What stands behind `#`.
    description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Healthy {
    Yes,
    No,
}

fn understand(line: &str) -> Said {
    let (words, description) = match line.split_once('#') {
        // A sharp within a word is part of it.
        Some((words, rest)) if words.is_empty() || words.ends_with([' ', '\t', ',']) => (words, rest),
        _ => (line, ""),
    };
    let mut said = Said { description: description.trim_start().to_owned(), ..Said::default() };
    for word in words.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "up" => (said.health, said.health_word) = (Some(Healthy::Yes), word.to_owned()),
            "down" | "stopped" | "fail" => {
                (said.health, said.health_word) = (Some(Healthy::No), word.to_owned());
            }
            "ready" => said.administration = Some(Administration::Ready),
            "drain" => said.administration = Some(Administration::Drain),
            "maint" => said.administration = Some(Administration::Maintenance),
            _ if word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('%') => {
                said.weight = Some(word.to_owned());
            }
            _ if lower.starts_with("maxconn:") => said.maxconn = Some(word["maxconn:".len()..].to_owned()),
            _ if lower.starts_with("weight:") => said.weight = Some(word["weight:".len()..].to_owned()),
            _ => said.unknown = said.unknown.or_else(|| Some(word.to_owned())),
        }
    }
    said
}

/// Does what the agent says, and records it.
pub(super) fn conclude(checker: &Checker, line: &[u8], duration_ms: Option<u64>) -> (CheckReport, Recorded) {
    let (shared, server) = (&checker.shared, &checker.server.state);
    // Who switched the agent off meanwhile does not want its answer any more.
    if !server.agent.is_enabled() {
        let report = CheckReport::new(CheckStatus::Neutral);
        let recorded = server.agent.record_agent(report.clone(), None);
        return (report, recorded);
    }
    let said = understand(&String::from_utf8_lossy(line));
    if let Some(to) = said.administration {
        set_administration(shared, server, to);
    }
    let proxy = shared.runtime.proxy(server.proxy);
    let mut warning = said.weight.as_deref().and_then(|text| set_weight(proxy, server, text).err());
    if let Some(text) = said.maxconn.as_deref()
        && let Err(wrong) = set_maxconn(proxy, server, text)
    {
        warning = warning.or(Some(wrong));
    }
    let report = CheckReport { duration_ms, ..report_of(&said, warning) };
    let health = said.health.map(|health| match health {
        Healthy::Yes => u32::MAX,
        Healthy::No => 0,
    });
    let recorded = server.agent.record_agent(report.clone(), health);
    (report, recorded)
}

/// What logs and statistics tell of it.
fn report_of(said: &Said, warning: Option<&str>) -> CheckReport {
    let Some(health) = said.health else {
        let report = CheckReport::new(CheckStatus::Neutral);
        return match (&said.unknown, warning) {
            (Some(word), _) => report.describe(format!("agent reports an error : {word}")),
            (None, Some(warning)) => report.describe(format!("agent warns : {warning}")),
            (None, None) => report,
        };
    };
    let status = match health {
        Healthy::Yes => CheckStatus::L7Ok,
        Healthy::No => CheckStatus::L7Status,
    };
    // Why a server is down is told in any case; otherwise what is odd comes first.
    let odd = said.unknown.as_deref().or(warning);
    let more = match odd {
        Some(odd) if said.description.is_empty() || health == Healthy::Yes => odd,
        Some(_) | None => &said.description,
    };
    let more = if more.is_empty() { String::new() } else { format!(" ({more})") };
    CheckReport::new(status).describe(format!("via agent : {}{more}", said.health_word))
}

/// A whole number with a sign at the beginning of a text, and what follows it.
fn leading_number(text: &str) -> Option<(i64, &str)> {
    let is_part = |(at, c): (usize, char)| c.is_ascii_digit() || at == 0 && matches!(c, '-' | '+');
    let end = text.char_indices().find(|part| !is_part(*part)).map_or(text.len(), |(at, _)| at);
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn set_weight(proxy: &Proxy, server: &Arc<Server>, text: &str) -> Result<(), &'static str> {
    let weight = weight(server.initial_weight, text)?;
    if weight != 0 && weight != server.initial_weight && !has_dynamic_weights(proxy) {
        return Err("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.");
    }
    let _changing = proxy.changing.lock();
    server.set_weight(weight);
    proxy.server_changed(server, Redistribute::Nobody);
    Ok(())
}

fn weight(initial: u32, text: &str) -> Result<u32, &'static str> {
    let Some((number, rest)) = leading_number(text) else {
        return Err("Empty weight string empty or preceded by garbage");
    };
    let weight = match rest {
        "%" if number < 0 => return Err("Relative weight must be positive."),
        "%" => (i64::from(initial) * number.min(25_600) / 100).min(WEIGHT_MAX),
        _ if !(0..=WEIGHT_MAX).contains(&number) => {
            return Err("Absolute weight can only be between 0 and 256 inclusive.");
        }
        "" => number,
        _ => return Err("Trailing garbage in weight string"),
    };
    Ok(u32::try_from(weight).unwrap_or(0))
}

fn has_dynamic_weights(proxy: &Proxy) -> bool {
    let setup = proxy.balancer.setup();
    match setup.algorithm {
        Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::First | Algorithm::Random { .. } => true,
        Algorithm::Hash(_) => setup.hash_type.method == Method::Consistent,
        Algorithm::StaticRr | Algorithm::Sticky => false,
    }
}

fn set_maxconn(proxy: &Proxy, server: &Arc<Server>, text: &str) -> Result<(), &'static str> {
    match leading_number(text) {
        Some((maxconn, "")) => {
            server.set_maxconn(u32::try_from(maxconn).unwrap_or(0));
            proxy.queue.fill(server);
            Ok(())
        }
        Some(_) => Err("Trailing garbage in maxconn string"),
        None => Err("maxconn string empty or preceded by garbage"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let said = understand("75%,maxconn:30,maint,down # disk is full");
        assert_eq!(said.weight.as_deref(), Some("75%"));
        assert_eq!(said.maxconn.as_deref(), Some("30"));
        assert_eq!(said.administration, Some(Administration::Maintenance));
        assert_eq!(said.health, Some(Healthy::No));
        assert_eq!(said.description, "disk is full");
        assert_eq!(understand("UP\tReady weight:7").administration, Some(Administration::Ready));
        assert_eq!(understand("down up").health, Some(Healthy::Yes));
        assert_eq!(understand("a#b up").unknown.as_deref(), Some("a#b"));
        assert_eq!(understand(""), Said::default());
    }

    #[test]
    fn reports() {
        let text = |line: &str, warning| {
            let report = report_of(&understand(line), warning);
            (report.status, String::from_utf8(report.description).unwrap())
        };
        assert_eq!(
            text("fail #broken", Some("w")),
            (CheckStatus::L7Status, "via agent : fail (broken)".into())
        );
        assert_eq!(text("up #fine", Some("w")), (CheckStatus::L7Ok, "via agent : up (w)".into()));
        assert_eq!(text("UP", None), (CheckStatus::L7Ok, "via agent : UP".into()));
        assert_eq!(text("uq", None), (CheckStatus::Neutral, "agent reports an error : uq".into()));
        assert_eq!(text("90%", Some("w")), (CheckStatus::Neutral, "agent warns : w".into()));
    }

    #[test]
    fn weights() {
        assert_eq!(weight(100, "75%"), Ok(75));
        assert_eq!(weight(200, "200%"), Ok(256));
        assert_eq!(weight(1, "9"), Ok(9));
        for wrong in ["", "x", "-1", "257", "3x", "-1%"] {
            assert!(weight(1, wrong).is_err(), "{wrong}");
        }
    }
}

//! A list as text and as JSON.

use serde_json::{Value, json as object};

use super::{Finding, State, Topic};

/// One line a thing: `ok` or `missing`, what, why it matters; below what is missing its commands, a line each.
#[must_use]
pub fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&format!("{:<8} {}: {}\n", finding.state.word(), finding.what, finding.why));
        for command in &finding.commands {
            text.push_str(command);
            text.push('\n');
        }
    }
    text
}

/// An object with `missing`, how many things are, and `findings`, each with `topic`, `state`, `what`, `why` and
/// `commands`.
#[must_use]
pub fn json(findings: &[Finding]) -> String {
    let missing = findings.iter().filter(|finding| finding.state == State::Missing).count();
    let listed: Vec<Value> = findings
        .iter()
        .map(|finding| {
            object!({
                "topic": finding.topic.word(),
                "state": finding.state.word(),
                "what": finding.what,
                "why": finding.why,
                "commands": finding.commands,
            })
        })
        .collect();
    format!("{:#}\n", object!({ "missing": missing, "findings": listed }))
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
        }
    }
}

impl Topic {
    const fn word(self) -> &'static str {
        match self {
            Self::Transparent => "transparent",
            Self::Addresses => "addresses",
            Self::Limits => "limits",
            Self::Tls => "tls",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let findings = [
            Finding::ok(Topic::Tls, "a.pem is the owner's alone", "others could copy the key"),
            Finding::missing(Topic::Limits, "x is 0", "y", "sysctl -w x=1"),
        ];
        assert_eq!(
            text(&findings),
            "ok       a.pem is the owner's alone: others could copy the key\nmissing  x is 0: y\nsysctl -w x=1\n"
        );
        let parsed: Value = serde_json::from_str(&json(&findings)).unwrap();
        assert_eq!(parsed["missing"], 1);
        assert_eq!(parsed["findings"][0]["commands"], object!([]));
        assert_eq!(parsed["findings"][1]["topic"], "limits");
        assert_eq!(parsed["findings"][1]["commands"][0], "sysctl -w x=1");
    }
}

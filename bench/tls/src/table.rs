//! Tables for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figures::{Outcome, Summary};
use crate::scenarios::{Compared, Measured, Metric};

/// All scenarios as tables in Markdown.
pub(crate) fn markdown(results: &[Measured]) -> String {
    let mut text = String::new();
    for measured in results {
        let _ = writeln!(text, "## {}: {}\n", measured.scenario.name(), measured.title);
        let titles: Vec<&str> = measured.metrics.iter().map(|metric| metric.title).collect();
        let _ = writeln!(text, "| program | {} | rounds |", titles.join(" | "));
        let _ = writeln!(text, "|---|{}---|", "---|".repeat(titles.len()));
        for outcome in &measured.outcomes {
            push_program(&mut text, outcome, measured.metrics);
        }
        text.push('\n');
        push_ratios(&mut text, measured);
        push_troubles(&mut text, &measured.outcomes);
    }
    text
}

fn push_program(text: &mut String, outcome: &Outcome, metrics: &[Metric]) {
    let cell = |metric: &Metric| {
        let summary = Summary::of(outcome.values(metric.name));
        summary.map_or_else(|| "-".to_owned(), |summary| shown(summary, metric.digits))
    };
    let cells: Vec<String> = metrics.iter().map(cell).collect();
    let kept = outcome.rounds.iter().flatten().count();
    let _ =
        writeln!(text, "| {} | {} | {kept}/{} |", outcome.program, cells.join(" | "), outcome.rounds.len());
}

/// Median, smallest and largest.
fn shown(summary: Summary, digits: usize) -> String {
    let Summary { median, min, max } = summary;
    format!("{median:.digits$} [{min:.digits$}-{max:.digits$}]")
}

fn push_ratios(text: &mut String, measured: &Measured) {
    let Some((judged, peers)) = measured.outcomes.split_first() else { return };
    for peer in peers {
        for metric in measured.metrics.iter().filter(|metric| metric.compared == Compared::Yes) {
            if let Some(ratio) = Summary::of(judged.ratios(peer, metric.name)) {
                let (of, title) = (&peer.program, metric.title);
                let _ = writeln!(text, "- {}/{of}: {title} {}", judged.program, shown(ratio, 2));
            }
        }
    }
    text.push('\n');
}

fn push_troubles(text: &mut String, outcomes: &[Outcome]) {
    for outcome in outcomes {
        if let Some(why) = &outcome.unsupported {
            let _ = writeln!(text, "- {}: not measured: {why}", outcome.program);
        }
        for (what, times) in &outcome.errors {
            let _ = writeln!(text, "- {}: lost rounds: {times}: {what}", outcome.program);
        }
    }
}

/// All rounds of all scenarios.
pub(crate) fn json(results: &[Measured]) -> String {
    let outcome = |outcome: &Outcome| {
        json!({
            "program": outcome.program,
            "rounds": outcome.rounds,
            "errors": outcome.errors,
            "unsupported": outcome.unsupported,
        })
    };
    let scenarios = results.iter().map(|measured| {
        let outcomes: Vec<Value> = measured.outcomes.iter().map(outcome).collect();
        (measured.scenario.name().to_owned(), json!({ "title": measured.title, "programs": outcomes }))
    });
    Value::Object(scenarios.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::figures::Round;
    use crate::options::Scenario;

    const METRICS: &[Metric] = &[Metric { name: "x", title: "X", digits: 1, compared: Compared::Yes }];

    fn measured() -> Measured {
        let outcome = |program: &str, values: &[f64]| Outcome {
            program: program.to_owned(),
            rounds: values.iter().map(|value| Some(Round::from([("x", *value)]))).collect(),
            ..Outcome::default()
        };
        let lost = BTreeMap::from([("body (1 of 2)".to_owned(), 1)]);
        let mut peer = outcome("b", &[2.0, 4.0]);
        peer.rounds.push(None);
        peer.errors = lost;
        let outcomes = vec![outcome("a", &[1.0, 3.0, 5.0]), peer];
        Measured { scenario: Scenario::KeepAlive, title: "t".to_owned(), metrics: METRICS, outcomes }
    }

    #[test]
    fn a_table_shows_figures_ratios_and_losses() {
        let text = markdown(&[measured()]);
        assert!(text.contains("| a | 3.0 [1.0-5.0] | 3/3 |"), "{text}");
        assert!(text.contains("| b | 3.0 [2.0-4.0] | 2/3 |"), "{text}");
        assert!(text.contains("- a/b: X 0.62 [0.50-0.75]"), "{text}");
        assert!(text.contains("- b: lost rounds: 1: body (1 of 2)"), "{text}");
    }

    #[test]
    fn json_has_all_rounds() {
        let read: Value = serde_json::from_str(&json(&[measured()])).unwrap();
        assert_eq!(read["tls-ka"]["programs"][1]["rounds"], json!([{"x": 2.0}, {"x": 4.0}, null]));
    }
}

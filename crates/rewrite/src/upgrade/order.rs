//! Whether a rule may move to where its modern spelling runs.
//!
//! `block` runs before `http-request`, header line rules run behind `http-request` and `http-response`, and those that
//! add lines run last. A rule is only rewritten where it runs at the same point among the others afterwards: the rules
//! of its section are looked at together.

use super::Verdict;
use super::legacy::{self, Side, Verb};
use crate::layout::Line;
use keyword::Sections;
use std::ops::Range;

/// What the sections of a file hold, by line.
pub(super) struct Order {
    sections: Vec<Section>,
    /// The rules of all `defaults` sections, which may run before those of any section.
    defaults: Section,
}

/// Lines by index, each with what is to be known of it.
type Rules = Vec<(usize, bool)>;

#[derive(Default)]
struct Section {
    lines: Range<usize>,
    /// `http-request` lines, by index, and whether one of them is `allow`.
    requests: Rules,
    responses: Rules,
    /// Header line rules that are not added lines, and whether each has an exact equivalent.
    request_rules: Rules,
    response_rules: Rules,
}

impl Section {
    fn rules(&self, side: Side) -> (&Rules, &Rules, &'static str) {
        match side {
            Side::Request => (&self.requests, &self.request_rules, "http-request"),
            Side::Response => (&self.responses, &self.response_rules, "http-response"),
        }
    }

    fn look(&mut self, index: usize, line: &Line<'_>) {
        let ends = matches!(line.word(1), b"allow");
        match line.word(0) {
            b"http-request" => self.requests.push((index, ends)),
            b"http-response" => self.responses.push((index, ends)),
            word => {
                let Some(rule) = legacy::find(word).filter(|rule| rule.verb != Verb::Add) else { return };
                let is_exact = matches!(legacy::rewritten(rule, line), Verdict::Replace { .. });
                match rule.side {
                    Side::Request => self.request_rules.push((index, is_exact)),
                    Side::Response => self.response_rules.push((index, is_exact)),
                }
            }
        }
    }
}

impl Order {
    pub(super) fn new(lines: &[Line<'_>]) -> Order {
        let mut sections: Vec<Section> = vec![Section::default()];
        let mut defaults = Section::default();
        let mut is_defaults = false;
        for (index, line) in lines.iter().enumerate() {
            if let Some(opened) = line.opens() {
                is_defaults = opened == Sections::DEFAULTS;
                sections.push(Section { lines: index..index, ..Section::default() });
            }
            if let Some(section) = sections.last_mut() {
                section.lines.end = index + 1;
                section.look(index, line);
            }
            if is_defaults {
                defaults.look(index, line);
            }
        }
        Order { sections, defaults }
    }

    fn section(&self, index: usize) -> Option<&Section> {
        self.sections.iter().find(|section| section.lines.contains(&index))
    }

    /// A `block` line.
    pub(super) fn block(&self, line: &Line<'_>, index: usize) -> Verdict {
        let is_behind = |section: &Section| section.requests.iter().any(|(at, _)| *at < index);
        if self.section(index).is_some_and(is_behind) || !self.defaults.requests.is_empty() {
            return Verdict::keep(
                "it runs before the `http-request` rules above it: move it above them as `http-request deny`",
            );
        }
        if line.ranges().len() == 1 {
            return Verdict::Leave;
        }
        Verdict::replace(0..1, "http-request deny")
    }

    /// A header line rule.
    pub(super) fn legacy(&self, line: &Line<'_>, index: usize) -> Verdict {
        let Some((rule, section)) = legacy::find(line.word(0)).zip(self.section(index)) else {
            return Verdict::Leave;
        };
        let verdict = legacy::rewritten(rule, line);
        if !matches!(verdict, Verdict::Replace { .. }) {
            return verdict;
        }
        let (modern, family, keyword) = section.rules(rule.side);
        if modern.iter().any(|(at, _)| *at > index) {
            let why = format!("it runs behind the `{keyword}` rules below it: move it below them");
            return by_hand(&why, &verdict);
        }
        if modern.iter().chain(self.defaults.rules(rule.side).0).any(|(_, ends)| *ends) {
            let why = format!("it runs also where `{keyword} allow` above ends the other rules");
            return by_hand(&why, &verdict);
        }
        let is_add = rule.verb == Verb::Add;
        if family.iter().any(|(at, is_exact)| !is_exact && (is_add || *at < index)) {
            return by_hand("it runs behind rules of its family that nothing replaces exactly", &verdict);
        }
        if is_add && family.iter().any(|(at, _)| *at > index) {
            return by_hand("it runs last: move it below the rules that follow", &verdict);
        }
        verdict
    }
}

fn by_hand(why: &str, verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Replace { by, .. } => Verdict::keep(format!("{why}; then it is `{}`", base::Lossy(by))),
        Verdict::Leave | Verdict::Drop | Verdict::Keep(_) => Verdict::keep(why),
    }
}

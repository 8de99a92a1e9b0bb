//! Writes down what happens while rules run.

use std::fmt;

use rules::observe::{Look, Term};
use rules::{Observer, Outcome, Place, Tri};
use sample::Txn;

use super::snapshot::{Snapshot, lossy, text};
use super::{Looked, Step, Tested, Text};

/// The steps so far, and the one under way.
#[derive(Debug)]
pub(super) struct Recorder {
    steps: Vec<Step>,
    current: Option<Step>,
    /// What the next term of the condition was found out from.
    looks: Vec<Looked>,
    /// The transaction before the action that runs.
    before: Option<Snapshot>,
    phase: &'static str,
    proxy: Box<str>,
}

impl Recorder {
    pub(super) fn new(proxy: &str) -> Recorder {
        Recorder {
            steps: Vec::new(),
            current: None,
            looks: Vec::new(),
            before: None,
            phase: "",
            proxy: proxy.into(),
        }
    }

    /// What follows belongs to `phase` of `proxy`.
    pub(super) fn enter(&mut self, phase: &'static str, proxy: &str) {
        self.flush();
        self.phase = phase;
        self.proxy = proxy.into();
    }

    fn step(&self, place: Option<Place>) -> Step {
        Step {
            phase: self.phase,
            proxy: self.proxy.clone(),
            place,
            tests: Vec::new(),
            holds: None,
            effects: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn flush(&mut self) {
        self.steps.extend(self.current.take());
        self.looks.clear();
    }

    /// A step that is no rule: what `phase` changed from `before` on. Nothing is told where nothing changed and there is
    /// nothing to say.
    pub(super) fn did(&mut self, phase: &'static str, before: &Snapshot, txn: &Txn, notes: Vec<String>) {
        self.flush();
        let effects = before.changes(&Snapshot::of(txn));
        if !effects.is_empty() || !notes.is_empty() {
            let step = Step { phase, effects, notes, ..self.step(None) };
            self.steps.push(step);
        }
    }

    /// A step at a line that has no condition, or a decided one: what came of it.
    pub(super) fn at(&mut self, phase: &'static str, place: Option<Place>, note: String) {
        self.flush();
        let step = Step { phase, notes: vec![note], ..self.step(place) };
        self.steps.push(step);
    }

    /// Adds to the rule that was looked at last, if there is one.
    pub(super) fn add_note(&mut self, note: String) {
        let last = match &mut self.current {
            Some(current) => Some(current),
            None => self.steps.last_mut(),
        };
        if let Some(last) = last {
            last.notes.push(note);
        }
    }

    /// Whether the rule that was looked at last applies.
    pub(super) fn last_holds(&self) -> bool {
        self.current.as_ref().is_some_and(|step| step.holds.is_none_or(|tri| tri == Tri::Yes))
    }

    /// Whether a rule that stands at such a place applied and did not leave the decision to the next.
    pub(super) fn decided(&self, is_it: impl Fn(Place) -> bool) -> bool {
        self.steps.iter().chain(&self.current).any(|step| {
            let applies = step.holds.is_none_or(|tri| tri == Tri::Yes);
            let passes_on = step.notes.iter().any(|note| note.ends_with("the next rule decides"));
            step.place.is_some_and(&is_it) && applies && !passes_on
        })
    }

    /// Whether the last thing said about that rule is this.
    pub(super) fn last_note_says(&self, text: &str) -> bool {
        let last = self.current.as_ref().and_then(|step| step.notes.last());
        last.is_some_and(|note| note.contains(text))
    }

    /// All steps.
    pub(super) fn finish(&mut self) -> Vec<Step> {
        self.flush();
        std::mem::take(&mut self.steps)
    }
}

impl Observer for Recorder {
    fn rule(&mut self, place: Place) {
        // A rule that waited for data is looked at again: what it waited for stays told.
        self.flush();
        self.current = Some(self.step(Some(place)));
    }

    fn own(&mut self, what: &'static str) {
        self.flush();
        let step = Step { phase: what, ..self.step(None) };
        self.current = Some(step);
    }

    fn condition_begins(&mut self) {
        self.looks.clear();
        if let Some(current) = &mut self.current {
            current.tests.clear();
        }
    }

    fn looked(&mut self, look: Look<'_>) {
        self.looks.push(Looked {
            place: look.place,
            expression: lossy(look.source).into(),
            value: look.value.as_ref().map(text),
            method: look.method.map(|method| method.name()),
            patterns: look.patterns,
            matched_in: look.matched.as_ref().and_then(|matched| matched.file.clone()),
            matched: look.matched.map(|matched| Text::Quoted(lossy(&matched.pattern))),
            result: look.result,
        });
    }

    fn term(&mut self, term: Term<'_>) {
        let tested = Tested {
            acl: lossy(term.name).into(),
            is_negated: term.is_negated,
            looks: std::mem::take(&mut self.looks),
            result: term.result,
        };
        if let Some(current) = &mut self.current {
            current.tests.push(tested);
        }
    }

    fn condition(&mut self, result: Tri) {
        if let Some(current) = &mut self.current {
            current.holds = Some(result);
        }
    }

    fn before_action(&mut self, txn: &Txn) {
        self.before = Some(Snapshot::of(txn));
    }

    fn after_action(&mut self, txn: &Txn, outcome: &Outcome) {
        let Some(before) = self.before.take() else { return };
        let Some(current) = &mut self.current else { return };
        current.effects.extend(before.changes(&Snapshot::of(txn)));
        current.notes.extend(told(outcome));
    }

    fn note(&mut self, text: fmt::Arguments<'_>) {
        self.add_note(text.to_string());
    }
}

/// What an action decided.
fn told(outcome: &Outcome) -> Option<String> {
    use rules::Wait;
    Some(match outcome {
        Outcome::Continue => return None,
        Outcome::Stop => "accepts: the rules behind it are passed over".to_owned(),
        Outcome::Reply(reply) => format!("answers {}", reply.status()),
        Outcome::Deny(reply) => format!("denies: {}", reply.status()),
        Outcome::Tarpit(reply) => format!("tarpits, then {}", reply.status()),
        Outcome::Reject => "closes the connection".to_owned(),
        Outcome::SilentDrop => "drops the connection silently".to_owned(),
        Outcome::NotYet => "cannot tell before more data comes".to_owned(),
        Outcome::Wait(Wait::Body { .. }) => "waits for the body, taken as complete here".to_owned(),
        Outcome::Wait(Wait::Pause(time)) => format!("pauses for {time:?}, passed over here"),
        Outcome::Wait(Wait::Name(call)) => {
            format!("asks for the address of `{}`, without an answer here", base::Lossy(&call.name))
        }
        Outcome::Wait(Wait::Handshake) => "waits for the TLS handshake, over here".to_owned(),
        Outcome::Log(_) => "writes a log line".to_owned(),
        Outcome::Service(service) => format!("the service {} answers", service.name()),
        Outcome::Fail => "fails: 500".to_owned(),
        Outcome::CloseAfter => "closes the connection after this exchange".to_owned(),
    })
}

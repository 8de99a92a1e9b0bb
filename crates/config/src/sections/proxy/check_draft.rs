//! What the lines on checks of one proxy, or of one `healthcheck` section, said so far, and the check that comes of them
//! (chapters 4.2 "option httpchk", "option tcp-check", "http-check", "tcp-check").
//!
//! What a section says itself takes the place of everything that it inherits of the same family, `option` line included.

use std::sync::Arc;

use diag::codes;
use sample::Problem;
use sample::compile::problem_of;

use crate::context::Pass;
use crate::model::{
    CheckAction, CheckConnect, CheckExpect, CheckKind, CheckPattern, CheckProgram, CheckProtocol,
    CheckScript, CheckSend, CheckStep, HttpCheckRequest,
};

/// Which lines a step stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `tcp-check`.
    Tcp,
    /// `http-check`.
    Http,
}

/// The kind of check that an `option` line, or `type`, chose.
#[derive(Debug, Default)]
enum Chosen {
    /// None did.
    #[default]
    Nothing,
    /// `option tcp-check`.
    Tcp,
    /// `option httpchk`.
    Http,
    /// An option whose steps are its own.
    Fixed(CheckScript),
    /// `option external-check`.
    Program,
}

/// One line.
#[derive(Debug)]
enum Line {
    Comment(Box<[u8]>),
    Step(CheckStep),
}

/// A flag, and whether the section itself set it.
#[derive(Debug, Default, Clone, Copy)]
struct Flag {
    own: bool,
    inherited: bool,
}

impl Flag {
    fn set(&mut self, pass: Pass) {
        match pass {
            Pass::Own | Pass::Defaults => self.own = true,
            Pass::Inherited => self.inherited = true,
        }
    }

    fn is_set(self) -> bool {
        self.own || self.inherited
    }
}

/// The lines of one family.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    lines: Vec<Line>,
    /// The number of the last line.
    number: u32,
    is_inherited: bool,
    disable_on_404: Flag,
    send_state: Flag,
    /// The request of `option httpchk`, until an `http-check send` line takes it up.
    from_option: Option<HttpCheckRequest>,
}

impl Rules {
    /// Begins a line: the first one of a section's own lets go of what it inherits.
    fn enter(&mut self, pass: Pass) {
        match pass {
            Pass::Inherited => self.is_inherited = true,
            Pass::Own | Pass::Defaults if self.is_inherited => {
                let only_own = |flag: Flag| Flag { inherited: false, ..flag };
                let (disable_on_404, send_state) = (only_own(self.disable_on_404), only_own(self.send_state));
                *self = Rules { disable_on_404, send_state, ..Rules::default() };
            }
            Pass::Own | Pass::Defaults => {}
        }
    }

    fn steps(&self) -> impl DoubleEndedIterator<Item = &CheckStep> {
        self.lines.iter().filter_map(|line| match line {
            Line::Step(step) if !matches!(step.action, CheckAction::Act(_)) => Some(step),
            Line::Step(_) | Line::Comment(_) => None,
        })
    }

    fn push(&mut self, comment: Option<Box<[u8]>>, action: CheckAction) {
        self.number += 1;
        self.lines.push(Line::Step(CheckStep { number: self.number, comment, action }));
    }

    /// The request of the first `http-check send` line, if only a `connect` stands before it.
    fn first_request(&mut self) -> Option<&mut HttpCheckRequest> {
        let steps = self.lines.iter_mut().filter_map(|line| match line {
            Line::Step(step) => Some(&mut step.action),
            Line::Comment(_) => None,
        });
        let mut real = steps.filter(|action| !matches!(action, CheckAction::Act(_))).peekable();
        real.next_if(|action| matches!(action, CheckAction::Connect(_)));
        match real.next() {
            Some(CheckAction::Send(CheckSend::Http(request))) => Some(request),
            Some(_) | None => None,
        }
    }
}

/// Everything that was said of checks so far.
#[derive(Debug, Default)]
pub struct CheckDraft {
    chosen: Chosen,
    tcp: Rules,
    http: Rules,
    /// `external-check`.
    pub(crate) program: CheckProgram,
}

impl CheckDraft {
    fn rules(&mut self, family: Family) -> &mut Rules {
        match family {
            Family::Tcp => &mut self.tcp,
            Family::Http => &mut self.http,
        }
    }

    /// `option tcp-check`.
    pub(super) fn choose_tcp(&mut self, pass: Pass) {
        self.tcp.enter(pass);
        self.chosen = Chosen::Tcp;
    }

    /// `option httpchk`.
    pub(super) fn choose_http(&mut self, request: HttpCheckRequest, pass: Pass) {
        self.http.enter(pass);
        self.chosen = Chosen::Http;
        match self.http.first_request() {
            Some(explicit) => overwrite(explicit, request),
            None => self.http.from_option = Some(request),
        }
    }

    /// An option whose steps are its own.
    pub(super) fn choose_fixed(&mut self, script: CheckScript) {
        self.chosen = Chosen::Fixed(script);
    }

    /// `option external-check`.
    pub(super) fn choose_program(&mut self) {
        self.chosen = Chosen::Program;
    }

    /// Whether `option external-check` is in force.
    pub(crate) fn is_program(&self) -> bool {
        matches!(self.chosen, Chosen::Program)
    }

    /// Whether nothing chose a kind of check yet.
    pub(crate) fn is_unchosen(&self) -> bool {
        matches!(self.chosen, Chosen::Nothing)
    }

    /// The family whose lines fit what was chosen; `None` where lines of either fit, or of none.
    pub(crate) fn chosen_family(&self) -> Option<Family> {
        match self.chosen {
            Chosen::Tcp => Some(Family::Tcp),
            Chosen::Http => Some(Family::Http),
            Chosen::Nothing | Chosen::Fixed(_) | Chosen::Program => None,
        }
    }

    /// Whether there are lines of a family.
    pub(crate) fn has_lines(&self, family: Family) -> bool {
        match family {
            Family::Tcp => !self.tcp.lines.is_empty(),
            Family::Http => !self.http.lines.is_empty(),
        }
    }

    /// `http-check disable-on-404`.
    pub(super) fn disable_on_404(&mut self, pass: Pass) {
        self.http.disable_on_404.set(pass);
    }

    /// `http-check send-state`.
    pub(super) fn send_state(&mut self, pass: Pass) {
        self.http.send_state.set(pass);
    }

    /// A `comment` line.
    pub(super) fn comment(&mut self, family: Family, text: Box<[u8]>, pass: Pass) {
        let rules = self.rules(family);
        rules.enter(pass);
        rules.number += 1;
        rules.lines.push(Line::Comment(text));
    }

    /// Adds a step.
    ///
    /// # Errors
    /// A step that may not stand behind the one before it.
    pub(super) fn add(
        &mut self,
        family: Family,
        comment: Option<Box<[u8]>>,
        action: CheckAction,
        (pass, span): (Pass, diag::Span),
    ) -> Result<(), Problem> {
        let rules = self.rules(family);
        rules.enter(pass);
        if let Some(text) = misplaced(rules, family, &action) {
            return Err(problem_of(codes::CONFLICT, span, text));
        }
        match action {
            CheckAction::Send(CheckSend::Http(request)) => add_request(rules, comment, *request),
            action @ (CheckAction::Connect(_)
            | CheckAction::Send(_)
            | CheckAction::Expect(_)
            | CheckAction::Act(_)) => {
                rules.push(comment, action);
            }
        }
        Ok(())
    }

    /// The check that all of it makes.
    pub(crate) fn finish(&mut self) -> CheckKind {
        let script = match std::mem::take(&mut self.chosen) {
            Chosen::Nothing => CheckScript::default(),
            Chosen::Tcp => script(std::mem::take(&mut self.tcp), CheckProtocol::Tcp),
            Chosen::Http => script(std::mem::take(&mut self.http), CheckProtocol::Http),
            Chosen::Fixed(script) => script,
            Chosen::Program => return CheckKind::Program(Arc::new(std::mem::take(&mut self.program))),
        };
        CheckKind::Script(Arc::new(script))
    }
}

/// Why a step may not stand where it does.
fn misplaced(rules: &Rules, family: Family, action: &CheckAction) -> Option<&'static str> {
    let is_connect = matches!(action, CheckAction::Connect(_));
    let first_is_connect =
        rules.steps().next().is_none_or(|step| matches!(step.action, CheckAction::Connect(_)));
    if is_connect && !first_is_connect {
        return Some("where there are `connect` steps, the first step must be one");
    }
    if family == Family::Tcp {
        return None;
    }
    let last = &rules.steps().next_back()?.action;
    match (last, action) {
        (_, CheckAction::Send(_)) if rules.from_option.is_some() => None,
        (CheckAction::Send(_) | CheckAction::Expect(_), CheckAction::Send(_)) => {
            Some("a `connect` step is missing before this `send`")
        }
        (CheckAction::Connect(_), CheckAction::Expect(_)) if rules.from_option.is_none() => {
            Some("a `send` step is missing before this `expect`")
        }
        (CheckAction::Connect(_) | CheckAction::Send(_), CheckAction::Connect(_)) => {
            Some("an `expect` step is missing before this `connect`")
        }
        _ => None,
    }
}

/// The first `http-check send` line adds to what `option httpchk` said.
fn add_request(rules: &mut Rules, comment: Option<Box<[u8]>>, request: HttpCheckRequest) {
    let is_expected = rules.steps().any(|step| matches!(step.action, CheckAction::Expect(_)));
    match rules.from_option.take() {
        None => rules.push(comment, CheckAction::Send(CheckSend::Http(Box::new(request)))),
        Some(mut merged) => {
            overwrite(&mut merged, request);
            if is_expected {
                // It was asked for before what is expected of it, wherever its line stands.
                rules.from_option = Some(merged);
                return;
            }
            // It counts as the option's line.
            rules.number = 0;
            rules.push(comment, CheckAction::Send(CheckSend::Http(Box::new(merged))));
        }
    }
}

/// What `new` says takes the place of what `old` says.
fn overwrite(old: &mut HttpCheckRequest, new: HttpCheckRequest) {
    let HttpCheckRequest { method, uri, version, headers, body } = new;
    old.method = method.or_else(|| old.method.take());
    old.uri = uri.or_else(|| old.uri.take());
    old.version = version.or_else(|| old.version.take());
    old.body = body.or_else(|| old.body.take());
    if !headers.is_empty() {
        old.headers = headers;
    }
}

fn script(rules: Rules, protocol: CheckProtocol) -> CheckScript {
    let Rules { lines, from_option, disable_on_404, send_state, .. } = rules;
    let mut steps = with_comments(lines);
    if let Some(request) = from_option {
        let first = steps.iter().position(|step| !matches!(step.action, CheckAction::Act(_)));
        let at = match first {
            Some(first) if matches!(steps[first].action, CheckAction::Connect(_)) => first + 1,
            Some(_) | None => 0,
        };
        let number = at.checked_sub(1).map_or(1, |connect| steps[connect].number + 1);
        let action = CheckAction::Send(CheckSend::Http(Box::new(request)));
        steps.insert(at, CheckStep { number, comment: None, action });
    }
    if protocol == CheckProtocol::Http {
        expect_success(&mut steps);
    }
    complete(steps, protocol, disable_on_404.is_set(), send_state.is_set())
}

/// An answer to the last request is judged, whether or not a line says so.
fn expect_success(steps: &mut Vec<CheckStep>) {
    let last = steps.iter().rev().find(|step| !matches!(step.action, CheckAction::Act(_)));
    if let Some(last) = last.filter(|step| matches!(step.action, CheckAction::Send(_))) {
        let expect = CheckExpect::new(CheckPattern::Status(vec![(200, 399)]));
        let number = last.number + 1;
        steps.push(CheckStep { number, comment: None, action: CheckAction::Expect(Box::new(expect)) });
    }
}

/// A script of steps in which the connection may be missing.
pub(super) fn complete(
    mut steps: Vec<CheckStep>,
    protocol: CheckProtocol,
    disable_on_404: bool,
    send_state: bool,
) -> CheckScript {
    let first = steps.iter().find(|step| !matches!(step.action, CheckAction::Act(_)));
    if !first.is_some_and(|step| matches!(step.action, CheckAction::Connect(_))) {
        let connect = CheckConnect { is_default: true, is_implicit: true, ..CheckConnect::default() };
        steps.insert(0, CheckStep { number: 0, comment: None, action: CheckAction::Connect(connect) });
    }
    for at in 0..steps.len() {
        let head = head_of(&steps, at);
        if let CheckAction::Expect(expect) = &mut steps[at].action {
            expect.head = head;
        }
    }
    CheckScript { protocol, steps, disable_on_404, send_state }
}

/// The first of the expectations in a row up to `at` that must not match, else `at`.
fn head_of(steps: &[CheckStep], at: usize) -> usize {
    let mut head = at;
    for (before, step) in steps[..at].iter().enumerate().rev() {
        match &step.action {
            CheckAction::Expect(expect) if expect.is_negated => head = before,
            CheckAction::Expect(_) | CheckAction::Act(_) => {}
            CheckAction::Connect(_) | CheckAction::Send(_) => break,
        }
    }
    head
}

/// Comments belong to the steps behind them: to a connection, or to as many steps of one kind as follow.
fn with_comments(lines: Vec<Line>) -> Vec<CheckStep> {
    let mut steps: Vec<CheckStep> = Vec::with_capacity(lines.len());
    let mut comment: Option<Box<[u8]>> = None;
    let mut last_kind = None;
    for line in lines {
        let mut step = match line {
            Line::Comment(text) => {
                comment = Some(text);
                last_kind = None;
                continue;
            }
            Line::Step(step) => step,
        };
        let kind = std::mem::discriminant(&step.action);
        if last_kind.is_some_and(|last| last != kind) {
            comment = None;
        }
        last_kind = Some(kind);
        match step.action {
            CheckAction::Connect(_) => step.comment = step.comment.or_else(|| comment.take()),
            CheckAction::Send(_) | CheckAction::Expect(_) => {
                step.comment = step.comment.or_else(|| comment.clone());
            }
            CheckAction::Act(_) => {}
        }
        if matches!(step.action, CheckAction::Connect(_) | CheckAction::Act(_)) {
            comment = None;
        }
        steps.push(step);
    }
    steps
}

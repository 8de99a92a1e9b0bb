//! Warnings about rules whose order in the file is not the order that they run in (chapter 4.2).

use rules::Kinds;

use crate::context::{Pass, ProxyParse};

/// The order of processing of a request's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// `tcp-request connection`.
    TcpConnection,
    /// `tcp-request session`.
    TcpSession,
    /// `tcp-request content`.
    TcpContent,
    /// `monitor fail`.
    Monitor,
    /// `block`.
    Block,
    /// `http-request`.
    HttpRequest,
    /// `reqrep` and its family.
    Legacy,
    /// `redirect`.
    Redirect,
    /// `use_backend`.
    UseBackend,
    /// `use-server`.
    UseServer,
}

/// Warns when a rule stands behind one that runs later.
pub(super) fn note_rule(step: Step, keyword: &'static str, parse: &mut ProxyParse<'_>) {
    if parse.pass == Pass::Inherited {
        return;
    }
    let rank = step as u8;
    match parse.scratch.last_rule {
        Some((last, later)) if last > rank => {
            parse.warn_of(
                diag::codes::RULE_ORDER,
                format!("this `{keyword}` rule runs before the `{later}` rules above it"),
            );
        }
        _ => parse.scratch.last_rule = Some((rank, keyword)),
    }
}

/// Warns when a rule stands behind one of its ruleset that always ends it.
pub(super) fn note_end(kind: Kinds, action: &str, is_conditional: bool, parse: &mut ProxyParse<'_>) {
    const FINAL: &[&str] =
        &["allow", "accept", "deny", "reject", "tarpit", "auth", "return", "redirect", "silent-drop"];
    if parse.pass == Pass::Inherited {
        return;
    }
    if parse.scratch.ended.contains(&kind) {
        let text = "this rule never runs: one above it has no condition and ends the ruleset";
        parse
            .cx
            .diags
            .push(diag::Diagnostic::advice(text).at(parse.span).code(diag::codes::UNREACHABLE_RULE));
    } else if !is_conditional && FINAL.contains(&action) {
        parse.scratch.ended.push(kind);
    }
}

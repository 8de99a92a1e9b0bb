//! `log-profile` sections (configuration manual, chapter 8.3.5): what becomes of the lines of the log targets that name one,
//! by the step of the processing at which they are written.

use diag::{Diagnostic, codes};
use keyword::Sections;
use rules::Words;
use sample::compile::problem_of;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};
use state::proxy::{Mode, Sides};

use super::{other, value};
use crate::context::{Context, Pass, ProxyParse};
use crate::load::Section;
use crate::model::{Config, LogOrigin, LogProfile, ProfileKey, ProxyConfig};
use crate::reader::ProxyReader;

const KEYWORDS: &[&str] = &["log-tag", "on"];
const OPTIONS: &[&str] = &["drop", "format", "sd"];

/// Parses a section. A section that makes no sense is kept all the same, as others are known by their place among all.
pub(crate) fn parse(section: &Section, config: &mut Config, cx: Context<'_>) {
    let header = &section.header;
    let Some(name) = header.words.get(1) else {
        let text = "a `log-profile` section needs a name";
        cx.diags.push(Diagnostic::error(text).at(header.span).code(codes::SECTION_NAME));
        return;
    };
    if config.log_profiles.iter().any(|profile| profile.name.as_bytes() == name.text) {
        let text = format!("a log-profile `{}` exists already", name.lossy());
        cx.diags.push(Diagnostic::error(text).at(name.span).code(codes::DUPLICATE));
    }
    let mut profile = LogProfile { name: value::text(name), tag: None, steps: Vec::new() };
    let mut carrier = ProxyConfig::new(super::NO_PROXY, value::text(name), Sides::Frontend, header.span);
    // What a format may ask is judged by those that use the profile; HTTP proxies have all of it.
    carrier.mode = Mode::Http;
    let mut reader = ProxyReader::new(Sections::FRONTEND, &mut carrier, &config.global, cx);
    for line in &section.lines {
        reader.read(line, Pass::Own, |words, parse| parse_line(words, &mut profile, parse));
    }
    config.log_profiles.push(profile);
}

fn parse_line(
    words: &mut Words<'_>,
    profile: &mut LogProfile,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let Some(keyword) = words.next() else { return Ok(()) };
    match keyword.text.as_slice() {
        b"log-tag" => {
            profile.tag = Some(words.need("the tag")?.text.clone().into());
            words.done()
        }
        b"on" => on(words, profile, parse),
        _ => Err(other::unknown(keyword, KEYWORDS, Sections::LOG_PROFILE)),
    }
}

/// `on STEP [drop] [format F] [sd F]`. What a line does not say stays as an earlier one said it.
fn on(words: &mut Words<'_>, profile: &mut LogProfile, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let steps = || LogOrigin::STEPS.into_iter().chain(LogOrigin::RULESETS);
    let names: Vec<&str> = steps().map(LogOrigin::step).chain(["error", "any"]).collect();
    let at = value::choice(words.need("the step")?, &names)?;
    let key = match names[at] {
        "error" => ProfileKey::Error,
        "any" => ProfileKey::Any,
        _ => steps().nth(at).map_or(ProfileKey::Any, ProfileKey::At),
    };
    let step = profile.step_mut(key);
    if words.peek().is_none() {
        return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "`drop`, `format` or `sd` is missing"));
    }
    if words.eat("drop") {
        step.is_dropped = true;
    }
    while let Some(word) = words.next() {
        let option = OPTIONS[value::choice(word, OPTIONS)?];
        if option == "drop" {
            return Err(problem_of(codes::CHOICE, word.span, "`drop` stands before `format` and `sd`"));
        }
        step.is_dropped = false;
        let text = words.need("the format")?;
        let format = parse.compile(Place::Log, text.span, |compile, _| {
            LogFormat::compile(&text.text, Style::Log, compile)
        })?;
        let target = if option == "format" { &mut step.format } else { &mut step.sd };
        *target = Some(format);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::model::{LogOrigin, LogSteps};
    use crate::sections::testing::{errors, good};

    #[test]
    fn steps_have_their_formats() {
        let text = "log-profile p\n  log-tag t\n  on close format \"%ci\" sd \"[x]\"\n  on http-req drop\n  \
                    on error drop\n  on error format e\n  on any drop\n\
                    frontend f\n  bind 127.0.0.1:80\n  log-steps accept,close\n  log 127.0.0.1 profile p local0\n";
        let config = good(text);
        let profile = &config.log_profiles[0];
        assert_eq!((&*profile.name, profile.tag.as_deref()), ("p", Some(&b"t"[..])));
        let close = profile.step(LogOrigin::Close).unwrap();
        assert!(close.format.is_some() && close.sd.is_some() && !close.is_dropped);
        assert!(profile.step(LogOrigin::HttpReq).unwrap().is_dropped);
        let error = profile.step(LogOrigin::SessionKilled).unwrap();
        assert!(!error.is_dropped && error.format.is_some());
        assert!(profile.step(LogOrigin::Accept).unwrap().is_dropped, "`any` is for what has no line");
        let frontend = &config.proxies[0];
        let steps = LogSteps::default().with(LogOrigin::Accept).with(LogOrigin::Close);
        assert_eq!((frontend.log_steps, frontend.logs[0].profile), (Some(steps), Some(0)));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let told = |text: &str| errors(text).join("; ");
        assert!(told("log-profile p\n  on clsoe drop\n").contains("close"));
        assert!(told("log-profile p\n  on close\n").contains("missing"));
        assert!(told("log-profile p\n  on close format a drop\n").contains("`drop` stands before"));
        assert!(told("log-profile p\nlog-profile p\n").contains("exists already"));
        let log = "frontend f\n  bind 127.0.0.1:80\n  log 127.0.0.1 profile qrof local0\nlog-profile prof\n";
        assert!(told(log).contains("no log-profile is called `qrof` -> prof"), "{}", told(log));
        let rule =
            "log-profile p\nfrontend f\n  mode http\n  bind 127.0.0.1:80\n  http-request do-log profile x\n";
        assert!(told(rule).contains("no log-profile is called `x`"), "{}", told(rule));
        let steps = "frontend f\n  bind 127.0.0.1:80\n  log-steps accept,klose\n";
        assert!(told(steps).contains("`klose` is no step of an exchange -> close"), "{}", told(steps));
    }
}

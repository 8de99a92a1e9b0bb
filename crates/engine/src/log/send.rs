//! From a line to its targets, each of which may have a profile (configuration manual, chapter 8.3.5).

use std::borrow::Cow;

use base::ProxyId;
use config::model::{LogOrigin, ProfileStep};
use logs::{Level, Logger, Origin};
use sample::logformat::LogFormat;

use super::origin;
use crate::shared::Shared;
use crate::stream::Exchange;

/// What the targets of a proxy make of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// Its level is of no interest to any of them.
    Nothing,
    /// Profiles have something else in its place everywhere, or drop it.
    OwnLines,
    /// It is sent as it is, by one target at least.
    UsualLine,
}

/// What becomes of a line of `level` from `at`, under `profile` or else those of the targets.
pub(super) fn wants(
    shared: &Shared,
    proxy: ProxyId,
    level: Level,
    at: LogOrigin,
    profile: Option<usize>,
) -> Wants {
    let mut wants = Wants::Nothing;
    for logger in shared.proxy(proxy).loggers.iter().filter(|logger| logger.is_enabled(level)) {
        let profile = profile.or(logger.profile()).and_then(|number| shared.config.log_profiles.get(number));
        match profile.and_then(|profile| profile.step(at)) {
            Some(step) if step.is_dropped || step.format.is_some() => wants = Wants::OwnLines,
            _ => return Wants::UsualLine,
        }
    }
    wants
}

/// Sends the line in `scratch` to all targets, or what their profiles, or else the one that is given, make of it.
pub(super) fn send(x: &Exchange, level: Level, at: LogOrigin, profile: Option<usize>) {
    let shared = &x.shared;
    let run = shared.proxy(x.txn.frontend.id);
    let mut sd = Vec::new();
    if let Some(format) = &shared.config.proxy(x.txn.frontend.id).log_format_sd {
        format.render(&x.txn, &mut sd);
    }
    let sender = origin(shared, run.log_tag.as_deref());
    for logger in run.loggers.iter().filter(|logger| logger.is_enabled(level)) {
        let profile = profile.or(logger.profile()).and_then(|number| shared.config.log_profiles.get(number));
        match profile {
            None => logger.send(level, &sender, &sd, &x.scratch),
            Some(profile) => {
                let tag = profile.tag.as_deref().unwrap_or(sender.tag);
                send_by(x, logger, level, &Origin { tag, ..sender }, &sd, profile.step(at));
            }
        }
    }
}

/// Sends the line in `scratch`, or what a step of a profile has in its place.
fn send_by(
    x: &Exchange,
    logger: &Logger,
    level: Level,
    sender: &Origin<'_>,
    sd: &[u8],
    step: Option<&ProfileStep>,
) {
    let Some(step) = step else { return logger.send(level, sender, sd, &x.scratch) };
    if step.is_dropped {
        return;
    }
    logger.send(level, sender, &rendered(x, &step.sd, sd), &rendered(x, &step.format, &x.scratch));
}

/// What `format` says, or the usual text where there is none.
fn rendered<'u>(x: &Exchange, format: &Option<LogFormat>, usual: &'u [u8]) -> Cow<'u, [u8]> {
    let Some(format) = format else { return Cow::Borrowed(usual) };
    let mut out = Vec::new();
    format.render(&x.txn, &mut out);
    Cow::Owned(out)
}

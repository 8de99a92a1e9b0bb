//! `key=value` of ProxyPass, BalancerMember and ProxySet.

use crate::apache::model::Parameter;
use crate::apache::reader::Source;
use crate::apache::write::Shared;
use crate::apache::write::time;

/// What the parameters of a worker mean.
#[derive(Debug, Default)]
pub(super) struct Worker {
    /// `timeout`, milliseconds.
    pub(super) server_ms: Option<(u64, Source)>,
    /// `connectiontimeout`, milliseconds.
    pub(super) connect_ms: Option<(u64, Source)>,
    /// `acquire`, milliseconds.
    pub(super) queue_ms: Option<(u64, Source)>,
    /// `retry`, seconds.
    pub(super) retry_s: u64,
    /// `loadfactor` in hundredths.
    pub(super) load: u64,
    pub(super) route: Option<String>,
    pub(super) is_standby: bool,
    pub(super) is_off: bool,
    pub(super) is_drained: bool,
    pub(super) keeps_alive: Option<Source>,
    /// `hcmethod` and what belongs to it.
    pub(super) check: Check,
    /// Words of the `server` line.
    pub(super) words: Vec<String>,
}

/// mod_proxy_hcheck.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub(super) method: Option<(String, Source)>,
    pub(super) uri: Option<String>,
    pub(super) interval_ms: Option<u64>,
    pub(super) passes: Option<u64>,
    pub(super) fails: Option<u64>,
}

/// Whether a key is one of balancers, not of workers.
pub(super) fn is_of_balancer(key: &str) -> bool {
    matches!(
        key,
        "lbmethod"
            | "stickysession"
            | "stickysessionsep"
            | "scolonpathdelim"
            | "nofailover"
            | "maxattempts"
            | "failonstatus"
            | "failontimeout"
            | "forcerecovery"
            | "growth"
            | "nonce"
    )
}

/// Reads the parameters of a worker; what has no counterpart is told.
pub(super) fn worker(shared: &mut Shared<'_>, parameters: &[Parameter]) -> Worker {
    let mut out = Worker { retry_s: 60, load: 100, ..Worker::default() };
    for parameter in parameters {
        if let Err(text) = out.take(parameter) {
            let Parameter { key, value, source } = parameter;
            shared.problem(source, format!("{key}={value}: {text}"));
        }
    }
    out
}

impl Worker {
    fn take(&mut self, parameter: &Parameter) -> Result<(), String> {
        let Parameter { key, value, source } = parameter;
        let seconds =
            || time_ms(value, 1000).map(|ms| (ms, source.clone())).ok_or("a time is expected".to_owned());
        let number = || value.parse::<u64>().map_err(|_| "a number is expected".to_owned());
        let is_on = value.eq_ignore_ascii_case("on");
        match key.as_str() {
            "timeout" => self.server_ms = Some(seconds()?),
            "connectiontimeout" => self.connect_ms = Some(seconds()?),
            "acquire" => {
                self.queue_ms = Some((time_ms(value, 1).ok_or("a time is expected")?, source.clone()))
            }
            "retry" => self.retry_s = seconds()?.0 / 1000,
            "loadfactor" => self.load = hundredths(value).ok_or("a number from 1 to 100 is expected")?,
            "route" => self.route = Some(value.clone()),
            "max" => self.words.push(format!("maxconn {}", number()?)),
            "smax" => self.words.push(format!("pool-max-conn {}", number()?)),
            "ttl" => self.words.push(format!("pool-purge-delay {}", time(seconds()?.0))),
            "disablereuse" if is_on => self.words.push("pool-max-conn 0".to_owned()),
            "keepalive" if is_on => self.keeps_alive = Some(source.clone()),
            "status" => self.status(value)?,
            // How it is here in any case.
            "disablereuse" | "enablereuse" | "keepalive" | "min" | "flushpackets" | "flushwait"
            | "iobuffersize" | "upgrade" | "addressttl" | "responsefieldsize" => {}
            "hcmethod" | "hcuri" | "hcinterval" | "hcpasses" | "hcfails" => self.check.take(parameter)?,
            _ => return Err("has no counterpart".to_owned()),
        }
        Ok(())
    }

    fn status(&mut self, value: &str) -> Result<(), String> {
        let mut is_set = true;
        for letter in value.chars() {
            match letter.to_ascii_uppercase() {
                '+' => is_set = true,
                '-' => is_set = false,
                'H' | 'R' => self.is_standby = is_set,
                'D' | 'S' => self.is_off = is_set,
                'N' => self.is_drained = is_set,
                'I' => {}
                other => return Err(format!("the state '{other}' has no counterpart")),
            }
        }
        Ok(())
    }
}

impl Check {
    fn take(&mut self, Parameter { key, value, source }: &Parameter) -> Result<(), String> {
        let number = || value.parse::<u64>().map_err(|_| "a number is expected".to_owned());
        match key.as_str() {
            "hcmethod" => match value.to_uppercase().as_str() {
                "NONE" => self.method = None,
                method @ ("TCP" | "OPTIONS" | "HEAD" | "GET") => {
                    self.method = Some((method.to_owned(), source.clone()))
                }
                _ => return Err("the method has no counterpart".to_owned()),
            },
            "hcuri" => self.uri = Some(value.clone()),
            "hcinterval" => self.interval_ms = Some(time_ms(value, 1000).ok_or("a time is expected")?),
            "hcpasses" => self.passes = Some(number()?),
            _ => self.fails = Some(number()?),
        }
        Ok(())
    }
}

/// A number with `ms`, `s`, `min` or nothing, which means `plain` milliseconds.
fn time_ms(text: &str, plain: u64) -> Option<u64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => plain,
        "ms" => 1,
        "s" => 1000,
        "mi" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// `2`, `1.5`: 200, 150.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= 100)?;
    let part: u64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    Some(whole * 100 + part).filter(|load| *load > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times() {
        assert_eq!(
            (hundredths("2"), hundredths("1.5"), hundredths("0"), hundredths("x")),
            (Some(200), Some(150), None, None)
        );
        assert_eq!(
            (time_ms("5", 1000), time_ms("5ms", 1000), time_ms("5", 1), time_ms("", 1)),
            (Some(5000), Some(5), Some(5), None)
        );
    }
}

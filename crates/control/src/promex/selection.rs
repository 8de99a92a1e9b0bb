//! What a query string asks of the exporter: `scope=`, `metrics=`, `no-maint`, `desc-labels`, `extra-counters`.

use std::collections::BTreeMap;

use http::uri::{Plus, url_decode};

use super::{Metric, Scope};

/// A query string that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadQuery;

/// Which metrics are told, of what, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// The scopes that are told.
    scopes: Vec<Scope>,
    /// Names that were given, and whether each is told.
    names: BTreeMap<Vec<u8>, bool>,
    /// Whether names that were not given are told.
    tells_others: bool,
    /// Whether servers in maintenance are left out.
    pub(super) hides_maintenance: bool,
    /// Whether descriptions are labels.
    pub(super) has_descriptions: bool,
    /// Whether the figures of modules are told.
    has_extra: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Selection {
            scopes: all().collect(),
            names: BTreeMap::new(),
            tells_others: true,
            hides_maintenance: false,
            has_descriptions: false,
            has_extra: false,
        }
    }
}

fn all() -> impl Iterator<Item = Scope> {
    std::iter::once(Scope::Global).chain(Scope::WITH_COLUMNS).chain(Scope::MODULES)
}

impl Selection {
    /// Reads the query string of `uri`. What is not known has no effect.
    ///
    /// # Errors
    /// A malformed escape, `scope` or `metrics` without a value, a scope that does not exist.
    pub(super) fn parse(uri: &[u8]) -> Result<Selection, BadQuery> {
        let mut selection = Selection::default();
        let uri = uri.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(at) = uri.iter().position(|byte| *byte == b'?') else { return Ok(selection) };
        let mut has_scopes = false;
        for parameter in uri[at + 1..].split(|byte| *byte == b'&') {
            let (key, value) = split(parameter)?;
            match (&*key, value) {
                (b"scope", Some(value)) => {
                    if !std::mem::replace(&mut has_scopes, true) {
                        selection.scopes.clear();
                    }
                    selection.add_scope(&value)?;
                }
                (b"metrics", Some(value)) => selection.add_names(&value),
                (b"scope" | b"metrics", None) => return Err(BadQuery),
                (b"no-maint", _) => selection.hides_maintenance = true,
                (b"desc-labels", _) => selection.has_descriptions = true,
                (b"extra-counters", _) => selection.has_extra = true,
                _ => {}
            }
        }
        Ok(selection)
    }

    fn add_scope(&mut self, value: &[u8]) -> Result<(), BadQuery> {
        match value {
            b"" => self.scopes.clear(),
            b"*" => self.scopes = all().collect(),
            value => {
                let scope = all().find(|scope| {
                    // What follows the name of a module has no meaning.
                    let is_module =
                        Scope::MODULES.contains(scope) && value.starts_with(scope.name().as_bytes());
                    is_module || scope.name().as_bytes() == value
                });
                let scope = scope.ok_or(BadQuery)?;
                if !self.scopes.contains(&scope) {
                    self.scopes.push(scope);
                }
            }
        }
        Ok(())
    }

    fn add_names(&mut self, value: &[u8]) {
        for name in value.split(|byte| *byte == b',') {
            let (name, is_told) = name.strip_prefix(b"-").map_or((name, true), |name| (name, false));
            if !name.is_empty() {
                self.tells_others &= !is_told;
                self.names.insert(name.to_vec(), is_told);
            }
        }
    }

    /// Whether a metric is told.
    pub(super) fn wants(&self, metric: &Metric) -> bool {
        self.scopes.contains(&metric.scope)
            && (self.has_extra || !metric.is_extra())
            && self.names.get(metric.name.as_bytes()).copied().unwrap_or(self.tells_others)
    }
}

/// Name and value of a parameter.
fn split(parameter: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), BadQuery> {
    let mut parts = parameter.split(|byte| *byte == b'=');
    let decoded = |text: &[u8]| {
        let mut out = Vec::new();
        url_decode(text, Plus::Space, &mut out).map(|()| out).map_err(|_| BadQuery)
    };
    let key = decoded(parts.next().unwrap_or_default())?;
    let value = parts.next().map(decoded).transpose()?;
    if parts.next().is_some() { Err(BadQuery) } else { Ok((key, value)) }
}

#[cfg(test)]
mod tests {
    use super::super::METRICS;
    use super::*;

    /// The first metric of each scope that `uri` asks for.
    fn scopes(uri: &str) -> Result<Vec<Scope>, BadQuery> {
        let selection = Selection::parse(uri.as_bytes())?;
        let mut scopes: Vec<Scope> =
            METRICS.iter().filter(|metric| selection.wants(metric)).map(|metric| metric.scope).collect();
        scopes.dedup();
        Ok(scopes)
    }

    #[test]
    fn scopes_are_named_one_by_one() {
        assert_eq!(scopes("/metrics").unwrap().len(), 7);
        assert_eq!(scopes("/metrics?scope=").unwrap(), []);
        assert_eq!(scopes("/metrics?scope=*&scope=").unwrap(), []);
        assert_eq!(scopes("/metrics?scope=&scope=global").unwrap(), [Scope::Global]);
        assert_eq!(
            scopes("/metrics?scope=backend&scope=front%65nd").unwrap(),
            [Scope::Frontend, Scope::Backend]
        );
        assert_eq!(scopes("http://host/m?x&scope=sticktable#?scope=").unwrap(), [Scope::StickTable]);
        for bad in ["/m?scope", "/m?scope=nobody", "/m?metrics", "/m?scope=a=b", "/m?%zz"] {
            assert_eq!(scopes(bad), Err(BadQuery), "{bad}");
        }
    }

    #[test]
    fn metrics_are_named_or_left_out() {
        let names = |uri: &str| {
            let selection = Selection::parse(uri.as_bytes()).unwrap();
            let told = METRICS.iter().filter(|metric| selection.wants(metric));
            told.map(|metric| metric.name.as_str()).collect::<Vec<_>>()
        };
        let some = "/m?metrics=haproxy_process_jobs,,haproxy_server_status,-haproxy_server_status";
        assert_eq!(names(some), ["haproxy_process_jobs"]);
        let all = names("/m").len();
        assert_eq!(names("/m?metrics=-haproxy_process_jobs,-").len(), all - 1);
        assert!(!names("/m").iter().any(|name| name.contains("_h1_")));
        assert!(names("/m?extra-counters=no").contains(&"haproxy_frontend_h1_open_streams"));
    }
}

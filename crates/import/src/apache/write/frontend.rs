//! A frontend: the sockets that lead to the same virtual hosts, and how a request finds its own.

use std::collections::{HashMap, HashSet};

use super::hosts::{Entry, Host};
use super::text::{Lines, Names};
use super::{
    Shared, access, answers, errors, forward, headers, logs, redirects, rewrite, routing, section, tls,
};
use crate::apache::condition::Condition;
use crate::apache::model::{Listen, Location, Scope, Slashes, Switch};
use crate::apache::pattern::{Matcher, argument, glob, slug, word};
use crate::apache::reader::Source;
use crate::apache::value;

/// A frontend under construction.
pub(super) struct Frontend<'a, 's> {
    pub(super) shared: &'a mut Shared<'s>,
    pub(super) is_tls: bool,
    pub(super) head: Lines,
    pub(super) acls: Lines,
    pub(super) request: Lines,
    pub(super) response: Lines,
    pub(super) after: Lines,
    pub(super) switch: Lines,
    /// The error documents of the frontend itself.
    pub(super) documents: HashMap<u16, errors::Document>,
    known: HashMap<Vec<String>, String>,
    names: Names,
}

/// A virtual host within its frontend.
pub(super) struct At<'h> {
    pub(super) host: &'h Host,
    /// Whether the request is for it.
    pub(super) condition: Condition,
    /// How its own things are called.
    pub(super) prefix: String,
}

const NORMALIZE: &str = "Apache decodes and shortens a path before it compares it with anything.";
const BROKEN: &str =
    "Apache refuses paths that are wrongly encoded or lead out, and slashes that are hidden in them.";
const REMEMBERED: &str = "What the request was, for rules that come later.";
const LOOKED_AT: &str = "What conditions look at: the method, and the port as Host has it.";
/// What Apache writes as it is where it came encoded, beside letters, digits and `-._~`.
const DECODED: [char; 13] = ['!', '$', '&', '\'', '(', ')', '*', '+', ',', ':', ';', '=', '@'];

/// Writes a frontend.
pub(super) fn write(shared: &mut Shared<'_>, entry: &Entry, names: &mut Names) -> String {
    let is_tls = entry.is_tls();
    let port = entry.listens.first().map_or(0, |listen| listen.port);
    let name = names.unique(&format!("{}_{port}", if is_tls { "https" } else { "http" }));
    let mut front = Frontend {
        shared,
        is_tls,
        head: Lines::default(),
        acls: Lines::default(),
        request: Lines::default(),
        response: Lines::default(),
        after: Lines::default(),
        switch: Lines::default(),
        documents: HashMap::new(),
        known: HashMap::new(),
        names: Names::default(),
    };
    front.binds(entry);
    logs::write(&mut front, entry);
    front.settings(entry);
    errors::write(&mut front, entry);
    front.normalize();
    for at in front.choose(entry) {
        front.host(&at);
    }
    front.tidy();
    front.shared.backends.note_used(&front.switch);
    let mut out = String::new();
    section(&mut out, &format!("\nfrontend {name}"), &front.head);
    for lines in [&front.acls, &front.request, &front.response, &front.after, &front.switch] {
        if !lines.is_empty() {
            out.push('\n');
            lines.render(&mut out);
        }
    }
    out
}

impl Frontend<'_, '_> {
    fn binds(&mut self, entry: &Entry) {
        let options = tls::bind(self, entry);
        for listen in &entry.listens {
            let line = format!("bind {}{options}", address(listen));
            self.head.add(&listen.source, line);
        }
        tls::certificates(self, entry);
    }

    /// Conditions that nothing looks at are left out; the method is remembered where something does.
    fn tidy(&mut self) {
        if self.request.seal() {
            // No request goes further.
            self.response = Lines::default();
            self.switch = Lines::default();
        }
        let is_used = |name: &str| {
            let rules = [&self.request, &self.response, &self.after, &self.switch];
            rules.iter().flat_map(|lines| lines.words()).any(|word| word.contains(name))
        };
        let (looks_at_port, looks_at_method) = (is_used(value::PORT), is_used(value::METHOD));
        if looks_at_port {
            let plain = if self.is_tls { 443 } else { 80 };
            let line =
                format!("http-request set-var(txn.port) int({plain}) if {{ req.hdr(host),port_only 0 }}");
            self.request.note_first(LOOKED_AT, line);
            self.request.note_first(LOOKED_AT, "http-request set-var(txn.port) req.hdr(host),port_only");
        }
        if looks_at_method {
            self.request.note_first(LOOKED_AT, "http-request set-var(txn.method) method");
        }
        let rules = [&self.request, &self.response, &self.after, &self.switch];
        let used: HashSet<&str> =
            rules.iter().flat_map(|lines| lines.words()).map(|word| word.trim_start_matches('!')).collect();
        self.acls.retain(|line| line.split(' ').nth(1).is_some_and(|name| used.contains(name)));
    }

    /// What only the first host can say.
    fn settings(&mut self, entry: &Entry) {
        let Some(host) = entry.hosts().next() else { return };
        let main = &self.shared.config.main;
        let (own, main) = (&host.server.seconds, &main.seconds);
        for (keyword, own, main) in [
            ("timeout client", &own.timeout, &main.timeout),
            ("timeout http-keep-alive", &own.keep_alive, &main.keep_alive),
            ("timeout http-request", &own.head, &main.head),
        ] {
            if let Some((ms, source)) = own
                && main.as_ref().is_none_or(|(_, main)| main != source)
            {
                self.head.add(source, format!("{keyword} {}", super::time(*ms)));
            }
        }
        if let Some((Switch::Off, source)) = &host.server.keep_alive {
            self.head.add(source, "option httpclose");
        }
    }

    fn normalize(&mut self) {
        for line in [
            "http-request normalize-uri percent-decode-unreserved",
            "http-request normalize-uri percent-to-uppercase",
            "http-request normalize-uri path-merge-slashes",
            "http-request normalize-uri path-strip-dot",
            "http-request normalize-uri path-strip-dotdot",
        ] {
            self.request.note(NORMALIZE, line);
        }
        let decoded: Vec<String> = DECODED
            .iter()
            .map(|char| {
                format!(
                    "regsub({:?},{},g)",
                    format!("%{:02X}", u32::from(*char)),
                    argument(&char.to_string())
                )
            })
            .collect();
        let format = format!("%[path,{}]", decoded.join(","));
        self.request.note(
            NORMALIZE,
            format!("http-request set-path {} if {{ path -m sub %2 %3 %40 }}", word(&format)),
        );
        let line = "http-request deny deny_status 400 if { path -m reg '%([^0-9A-F]|.[^0-9A-F]|.?$)' }";
        self.request.note(BROKEN, line);
        self.request
            .note(BROKEN, "http-request deny deny_status 400 if { path -m beg /../ } || { path -m str /.. }");
        self.request.note(BROKEN, "http-request deny deny_status 404 if { path -m sub %00 }");
        self.request.note(REMEMBERED, "http-request set-var(txn.path) path");
    }

    /// `%2F`: refused where the host does not allow it.
    fn slashes(&mut self, at: &At<'_>) {
        let hidden = at.condition.and(&Condition::term("{ var(txn.path) -m sub %2F }"));
        let Some(hidden) = hidden else { return };
        match at.host.server.encoded_slashes.unwrap_or(Slashes::Refused) {
            Slashes::Refused => {
                self.request.note(BROKEN, format!("http-request deny deny_status 404{}", hidden.suffix()));
            }
            Slashes::Decoded => {
                let taken = hidden.suffix();
                let line = format!("http-request set-path '%[path,regsub(\"%2F\",\"/\",g)]'{taken}");
                self.request.note(NORMALIZE, line);
                self.request.note(NORMALIZE, "http-request normalize-uri path-merge-slashes");
                self.request.note(REMEMBERED, format!("http-request set-var(txn.path) path{taken}"));
            }
            Slashes::Kept => {}
        }
    }

    /// Which host a request is for.
    fn choose<'e>(&mut self, entry: &'e Entry) -> Vec<At<'e>> {
        let count = entry.hosts().count();
        if count == 1 {
            return entry
                .hosts()
                .map(|host| At { host, condition: Condition::always(), prefix: String::new() })
                .collect();
        }
        let mut out = Vec::new();
        for group in &entry.groups {
            let here = match group.address {
                Some(address) => Condition::term(format!("{{ dst {address} }}")),
                None => Condition::always(),
            };
            let mut ids = Vec::new();
            for host in &group.hosts {
                let id = self.names.unique(&format!("host_{}", name(host)));
                let named = self.named(host, &id).and(&here).unwrap_or_else(Condition::never);
                self.choose_if(host, &id, &named, out.is_empty());
                let condition = self.acl_named(&id, &[format!("var(txn.host) -m str {id}")], source(host));
                out.push(At { host, condition, prefix: format!("{}_", name(host)) });
                ids.push(id);
            }
            if let (Some(first), Some(id)) = (group.hosts.first(), ids.first()) {
                self.choose_if(first, id, &here, false);
            }
        }
        out
    }

    fn choose_if(&mut self, host: &Host, id: &str, condition: &Condition, is_first: bool) {
        if condition.is_never() {
            return;
        }
        let undecided = Condition::term("!{ var(txn.host) -m found }");
        let condition = if is_first { Some(condition.clone()) } else { condition.and(&undecided) };
        let Some(condition) = condition else { return };
        let line = format!("http-request set-var(txn.host) str({id}){}", condition.suffix());
        self.request.add_or_note(source(host), "The main server.", line);
    }

    /// Whether the request names this host.
    fn named(&mut self, host: &Host, id: &str) -> Condition {
        let mut exact: Vec<String> = Vec::new();
        let mut tests = Vec::new();
        if let Some((name, _)) = &host.server.name {
            exact.push(word(&hostname(name)));
        }
        for (alias, _) in &host.server.aliases {
            let alias = alias.to_lowercase();
            if alias.contains(['*', '?']) {
                tests.push(format!("req.hdr(host),host_only -i -m reg {}", word(&glob(&alias, "."))));
            } else {
                exact.push(word(&alias));
            }
        }
        if !exact.is_empty() {
            tests.insert(0, format!("req.hdr(host),host_only -i -m str {}", exact.join(" ")));
        }
        if tests.is_empty() {
            return Condition::never();
        }
        let source = host.server.name.as_ref().map(|(_, source)| source).or(source(host));
        self.acl(&id.replacen("host_", "is_", 1), &tests, source)
    }

    /// All that one host says, in Apache's order.
    fn host(&mut self, at: &At<'_>) {
        self.slashes(at);
        headers::environment(self, at);
        let mut plan = routing::plan(at);
        rewrite::write(self, at, &mut plan);
        routing::write(self, at, &mut plan);
        redirects::of_server(self, at, &mut plan);
        access::write(self, at, &plan);
        redirects::of_locations(self, at);
        routing::fallback(self, at, &plan);
        headers::request(self, at);
        if !plan.passes.is_empty() {
            answers::write(self, at);
        }
        headers::answers(self, at);
        forward::write(self, at, &plan);
        routing::switch(self, at, &plan);
    }

    /// A condition with a name: one of the tests holds. Always, if there are none.
    pub(super) fn acl(&mut self, wanted: &str, tests: &[String], source: Option<&Source>) -> Condition {
        if tests.is_empty() {
            return Condition::always();
        }
        if let Some(name) = self.known.get(tests) {
            return Condition::term(name.clone());
        }
        let name = self.names.unique(wanted);
        self.acl_named(&name, tests, source)
    }

    /// The same under a name that is this one's own already.
    pub(super) fn acl_named(&mut self, name: &str, tests: &[String], source: Option<&Source>) -> Condition {
        for test in tests {
            let line = format!("acl {name} {test}");
            self.acls.add_or_note(source, "Names for conditions.", line);
        }
        self.known.insert(tests.to_vec(), name.to_owned());
        Condition::term(name)
    }

    /// A name that no condition has yet.
    pub(super) fn reserve(&mut self, wanted: &str) -> String {
        self.names.unique(wanted)
    }

    /// Whether the path, as it was asked for, matches.
    pub(super) fn path(&mut self, matcher: &Matcher, source: &Source) -> Condition {
        let wanted = format!("in_{}", matcher.name());
        self.acl(&wanted, &matcher.tests("var(txn.path)"), Some(source))
    }

    /// The host's scopes with the conditions under which they hold, from the general to the special.
    pub(super) fn scopes<'h>(&mut self, at: &At<'h>) -> Vec<(&'h Scope, Condition, Option<&'h Location>)> {
        let server = &at.host.server;
        let mut out = vec![(&server.scope, at.condition.clone(), None)];
        for location in &server.locations {
            let inside = self.path(&location.matcher, &location.source);
            let condition = at.condition.and(&inside).unwrap_or_else(Condition::never);
            out.push((&location.scope, condition, Some(location)));
        }
        out
    }

    /// When a switch is on that scopes may set, the last one that does deciding.
    pub(super) fn switched(
        &mut self,
        at: &At<'_>,
        before: Switch,
        of: impl Fn(&Scope) -> Option<&(Switch, Source)>,
    ) -> (Condition, Option<Source>) {
        let mut on = if before == Switch::On { at.condition.clone() } else { Condition::never() };
        let mut source = None;
        for (scope, condition, _) in self.scopes(at) {
            let Some((switch, at)) = of(scope) else { continue };
            source = Some(at.clone());
            on = match switch {
                Switch::On => on.or(&condition),
                Switch::Off => condition.not().and_then(|not| on.and(&not)).unwrap_or(on),
            };
        }
        (on, source)
    }
}

/// Where the host begins.
pub(super) fn source(host: &Host) -> Option<&Source> {
    host.server.source.as_ref()
}

/// How the host is called.
pub(super) fn name(host: &Host) -> String {
    let name = host.server.name.as_ref().map(|(name, _)| hostname(name));
    let fallback = host.index.map_or_else(|| "main".to_owned(), |index| format!("{}", index + 1));
    name.map(|name| slug(&name)).filter(|name| !name.is_empty()).unwrap_or(fallback)
}

/// `https://www.Example.com:443`: `www.example.com`.
pub(super) fn hostname(name: &str) -> String {
    let name = name.split_once("://").map_or(name, |(_, name)| name);
    name.split(':').next().unwrap_or_default().to_lowercase()
}

fn address(listen: &Listen) -> String {
    match listen.address {
        None => format!(":{}", listen.port),
        Some(address) if address.is_ipv6() => format!("[{address}]:{}", listen.port),
        Some(address) => format!("{address}:{}", listen.port),
    }
}

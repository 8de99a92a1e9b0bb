//! Servers that come and go: `add server`, `del server`.

use std::sync::Arc;

use engine::added::{self, AddError, Removable};
use state::{Proxy, Server};

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};
use crate::process::Process;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["add", "server"],
        "add server <bk>/<srv> <address> [args...]",
        "make a server (with `help` in place of its name: what it can have)",
        |request| settle(add(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "server"],
        "del server <bk>/<srv>",
        "remove a server that is in maintenance and has nothing to do",
        |request| settle(del(request)),
    )
    .level(Level::Admin),
];

fn add(request: &Request<'_>) -> Result<Answer, Answer> {
    if request.word(2) == b"help" {
        return Ok(help());
    }
    let process = request.process;
    let name = request.text(2);
    let Some((backend, server)) = name.split_once('/').filter(|(_, server)| !server.is_empty()) else {
        return Err(Answer::error("Require 'backend/server'.\n"));
    };
    let found = names::proxy(process, backend, Side::Backend);
    let proxy = found.ok_or_else(|| Answer::error("No such backend.\n"))?;
    if let Some(why) = added::refuses_servers(&process.shared, proxy) {
        return Err(Answer::error(format!("Backend does not support dynamic servers : {why}.\n")));
    }
    if proxy.servers.load().named(server.as_bytes()).is_some() {
        return Err(Answer::error(format!("{}\n", AddError::Name)));
    }
    tracks_no_later(request, backend)?;
    let mut words = vec![server.as_bytes().to_vec()];
    words.extend(request.words.iter().skip(3).cloned());
    let others = others(process, proxy, &words);
    let line = config::dynamic::server(&process.shared.config, proxy.id, &words, others, Box::new(read));
    let line = line.map_err(|wrong| Answer::error(wrong.join("\n")))?;
    if let Some(why) = added::refuses_track(&process.shared, &line.server) {
        return Err(Answer::error(format!("{why}\n")));
    }
    if line.needs_destination {
        added::need_destinations(&process.shared);
    }
    let mut told = line.warnings.join("\n");
    let added = added::add_server(&process.shared, proxy, line.server);
    added.map_err(|error| Answer::error(format!("{error}\n")))?;
    if !told.is_empty() {
        told.push('\n');
    }
    Ok(Answer::info(told + "New server registered.\n"))
}

/// A server that came later may go again: no other may depend on it.
fn tracks_no_later(request: &Request<'_>, backend: &str) -> Result<(), Answer> {
    let Some(at) = request.words.iter().position(|word| word == b"track") else { return Ok(()) };
    let named = request.text(at + 1);
    let named = if named.contains('/') { named.into_owned() } else { format!("{backend}/{named}") };
    match names::server(request.process, &named) {
        Ok((_, tracked)) if request.process.shared.server(&tracked).added.is_some() => {
            let text = format!("unable to use {named} for tracking as it is a dynamic server.\n");
            Err(Answer::error(text))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The lines of the backend's servers, where a new line may begin with one of them.
fn others(process: &Process, proxy: &Proxy, words: &[Vec<u8>]) -> Vec<config::model::ServerConfig> {
    if !words.iter().any(|word| word == b"from") {
        return Vec::new();
    }
    let shared = &process.shared;
    proxy.servers.iter().map(|server| shared.server(&server).config(&shared.config).clone()).collect()
}

fn read(path: &[u8]) -> Result<Vec<u8>, String> {
    use std::os::unix::ffi::OsStrExt;
    std::fs::read(std::ffi::OsStr::from_bytes(path)).map_err(|error| error.to_string())
}

fn help() -> Answer {
    let mut out = "List of keywords supported for dynamic server:\n".to_owned();
    for name in config::dynamic::server_keywords() {
        out.push_str(name);
        out.push('\n');
    }
    Answer::Dump(out.into_bytes())
}

fn del(request: &Request<'_>) -> Result<Answer, Answer> {
    let (proxy, server) = names::server(request.process, &request.text(2))?;
    let shared = &request.process.shared;
    match why_not(request.process, &server) {
        None => {
            if let Some(slot) = &shared.server(&server).config(&shared.config).tls.context {
                shared.config.tls_files.remove_server(slot);
            }
            added::remove_server(shared, proxy, &server);
            Ok(Answer::info("Server deleted.\n"))
        }
        Some((_, why)) => Err(Answer::error(why)),
    }
}

/// Whether waiting may help against what keeps a server from being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Helps,
    IsIdle,
}

/// What keeps a server from being removed.
pub(crate) fn why_not(process: &Process, server: &Arc<Server>) -> Option<(Waiting, &'static str)> {
    match added::removable(&process.shared, server) {
        Removable::Now => None,
        Removable::Later => {
            Some((Waiting::Helps, "Server still has connections attached to it, cannot remove it.\n"))
        }
        Removable::Working => Some((Waiting::IsIdle, "Only servers in maintenance mode can be deleted.\n")),
        Removable::Never => Some((
            Waiting::IsIdle,
            "This server cannot be removed at runtime due to other configuration elements pointing to it.\n",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::added::{Removable, removable};
    use state::Server;

    use crate::testing::Lab;

    const REGISTERED: &str = "New server registered.\n";
    const DELETED: &str = "Server deleted.\n";

    fn server(lab: &Lab, backend: usize, name: &str) -> Option<Arc<Server>> {
        lab.process.shared.runtime.proxies[backend].servers.load().named(name.as_bytes()).cloned()
    }

    #[test]
    fn a_server_comes_into_maintenance_and_goes() {
        let lab = Lab::new(
            "backend b\n  balance roundrobin\n  server s1 127.0.0.1:1\n  server s2 127.0.0.1:2 id 3\n\
             backend fixed\n  balance static-rr\n",
        );
        let balancer = lab.process.shared.runtime.proxies[0].balancer.clone();
        assert_eq!(lab.ask("add server b/s3 127.0.0.1:3 weight 7 check inter 1s"), REGISTERED);
        assert_eq!(lab.ask("get weight b/#2"), "7 (initial 7)\n", "the lowest number that is free");
        let added = server(&lab, 0, "s3").unwrap();
        assert!(!added.is_running() && added.check.facts().is_configured && added.check.facts().is_disabled);
        assert_eq!(balancer.usable(), 2);
        assert_eq!(lab.ask("enable server b/s3;enable health b/s3"), "\n");
        assert!(balancer.usable() == 3 && added.check.is_enabled());

        assert_eq!(lab.ask("del server b/s3"), "Only servers in maintenance mode can be deleted.\n");
        lab.ask("disable server b/s3");
        added.sessions.enter();
        let busy = "Server still has connections attached to it, cannot remove it.\n";
        assert_eq!(lab.ask("del server b/s3"), busy);
        added.sessions.leave();
        assert_eq!(lab.ask("del server b/s3"), DELETED);
        assert_eq!(lab.ask("del server b/s3"), "No such server.\n");
        assert!(!lab.ask("show servers state b").contains(" s3 ") && !lab.ask("show stat").contains("b,s3,"));
        assert_eq!(balancer.usable(), 2);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let lab = Lab::new("backend b\n  server s1 127.0.0.1:1\nbackend fixed\n  balance static-rr\n");
        for (command, answer) in [
            ("add server b", "Require 'backend/server'.\n"),
            ("add server z/s 127.0.0.1:1", "No such backend.\n"),
            ("add server b/s", "'server' expects <name> and <addr>[:<port>] as arguments.\n"),
            ("add server b/s1 127.0.0.1:1", "Already exists a server with the same name in backend.\n"),
            ("add server b/s2 127.0.0.1:1 id 1", "server 's1' already has the id 1.\n"),
            (
                "add server fixed/s 127.0.0.1:1",
                "Backend does not support dynamic servers : backend 'fixed' uses a non dynamic load balancing \
                 method.\n",
            ),
            ("add server b/s2 127.0.0.1:1 redir /", "'redir' option is not accepted for dynamic server\n"),
        ] {
            assert_eq!(lab.ask(command), answer, "{command}");
        }
        let help = lab.ask("add server help");
        assert!(help.contains("\nweight\n") && !help.contains("\nredir\n"), "{help}");
    }

    #[test]
    fn a_slot_is_taken_again_when_nobody_holds_its_server() {
        let lab = Lab::new("backend b\n  server s1 127.0.0.1:1\n");
        lab.ask("add server b/a 127.0.0.1:2");
        let held = server(&lab, 0, "a").unwrap();
        assert_eq!(held.id.index(), 1);
        assert_eq!(lab.ask("del server b/a;add server b/b 127.0.0.1:3"), format!("{DELETED}\n{REGISTERED}"));
        assert_eq!(server(&lab, 0, "b").unwrap().id.index(), 2, "`a` is held");
        drop(held);
        assert_eq!(lab.ask("add server b/c 127.0.0.1:4"), REGISTERED);
        let again = server(&lab, 0, "c").unwrap();
        assert_eq!(again.id.index(), 1);
        let run = lab.process.shared.server(&again);
        assert!(&*run.state.name == "c" && run.added.is_some());
        assert!(lab.ask("show servers conn b").lines().any(|line| line.starts_with("b/c 2/")));
    }

    #[test]
    fn what_others_refer_to_stays() {
        let lab = Lab::new(
            "frontend f\n  acl full srv_sess_rate(b/s1) gt 50\n  default_backend b\n\
             backend b\n  server s1 127.0.0.1:1 disabled\n  server s2 127.0.0.1:2 disabled\n",
        );
        let referred =
            "This server cannot be removed at runtime due to other configuration elements pointing to it.\n";
        assert_eq!(lab.ask("del server b/s1"), referred);
        let other = server(&lab, 1, "s2").unwrap();
        assert_eq!(removable(&lab.process.shared, &other), Removable::Now);
        assert_eq!(lab.ask("del server b/s2"), DELETED);
    }

    #[test]
    fn turns_of_the_others_stay() {
        let lab =
            Lab::new("backend b\n  balance roundrobin\n  server s1 127.0.0.1:1\n  server s2 127.0.0.1:2\n");
        let proxy = lab.process.shared.runtime.proxies[0].clone();
        let next = || match proxy.pick(None, None) {
            state::balance::Picked::Server(id) => proxy.servers.at(id).name.to_string(),
            picked @ (state::balance::Picked::Full | state::balance::Picked::NoServer) => {
                panic!("{picked:?}")
            }
        };
        assert_eq!([next(), next(), next()], ["s1", "s2", "s1"]);
        lab.ask("add server b/s3 127.0.0.1:3");
        assert_eq!([next(), next()], ["s2", "s1"]);
        lab.ask("enable server b/s3");
        let mut round: Vec<String> = (0..6).map(|_| next()).collect();
        round.sort();
        assert_eq!(round, ["s1", "s1", "s2", "s2", "s3", "s3"]);
        lab.ask("disable server b/s3;del server b/s3");
        let mut round: Vec<String> = (0..4).map(|_| next()).collect();
        round.sort();
        assert_eq!(round, ["s1", "s1", "s2", "s2"]);
    }
}

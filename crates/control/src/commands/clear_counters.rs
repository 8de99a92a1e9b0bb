//! `clear counters`: maxima, or all counters, begin anew.

use state::Server;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["clear", "counters"],
    "clear counters [all|server <bk>/<srv> [force]]",
    "forget the highest values, or all counters, or those of a server",
    |request| settle(run(request)),
)
.level(Level::Operator)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let word = request.word(2);
    if matches!(word, b"all" | b"server") && !request.has_level(Level::Admin) {
        return Err(Answer::denied());
    }
    if word == b"server" {
        let (_, server) = names::server(request.process, &request.text(3))?;
        clear_server(&server);
        return Ok(Answer::info("Server counters cleared.\n"));
    }
    clear_all(request, word == b"all");
    Ok(Answer::Done)
}

fn clear_all(request: &Request<'_>, is_all: bool) {
    let runtime = &request.process.shared.runtime;
    for rate in [&runtime.ssl.frontend_rate, &runtime.ssl.frontend_keys, &runtime.ssl.backend_keys] {
        rate.reset_max();
    }
    for listener in &request.process.shared.listeners {
        listener.sessions.reset_max();
        for counters in listener.facts.counters.iter().flat_map(|counters| counters.iter()) {
            if is_all { counters.reset() } else { counters.reset_max() }
        }
    }
    for proxy in &runtime.proxies {
        for gauge in [&proxy.frontend_sessions, &*proxy.backend_sessions, &*proxy.queued] {
            gauge.reset_max();
        }
        for counters in proxy.frontend.iter().chain(proxy.backend.iter()) {
            if is_all { counters.reset() } else { counters.reset_max() }
        }
        for server in &proxy.servers {
            if is_all { clear_server(&server) } else { clear_server_max(&server) }
        }
    }
}

fn clear_server(server: &Server) {
    clear_server_max(server);
    server.counters.iter().for_each(state::counters::ServerCounters::reset);
}

fn clear_server_max(server: &Server) {
    for gauge in [&server.sessions, &server.served, &server.queued] {
        gauge.reset_max();
    }
    server.counters.iter().for_each(state::counters::ServerCounters::reset_max);
}

#[cfg(test)]
mod tests {
    use crate::access::Level;
    use crate::testing::Lab;

    #[test]
    fn counters_begin_anew() {
        let lab = Lab::new("backend b\n  server s 127.0.0.1:80\n");
        let proxy = &lab.process.shared.runtime.proxies[0];
        let server = &proxy.servers.at(base::ServerId(0));
        let count = || {
            proxy.backend.here().cum_sess.bump();
            server.counters.here().cum_sess.bump();
            server.sessions.enter();
            server.sessions.leave();
        };
        count();
        assert_eq!(lab.ask("clear counters"), "");
        assert_eq!((server.sessions.max(), server.counters.sum(|c| &c.cum_sess)), (0, 1));
        assert_eq!(lab.ask("clear counters server b/s"), "Server counters cleared.\n");
        assert_eq!((server.counters.sum(|c| &c.cum_sess), proxy.backend.sum(|c| &c.cum_sess)), (0, 1));
        assert_eq!(lab.ask("clear counters all"), "");
        assert_eq!(proxy.backend.sum(|c| &c.cum_sess), 0);
        assert_eq!(lab.ask("clear counters server b/z"), "No such server.\n");
        assert_eq!(lab.talk(Level::Operator, "clear counters all\n"), "Permission denied\n\n<end>");
    }
}

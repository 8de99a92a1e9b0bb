//! Agents, which tell a server's state and weight themselves (chapter 5.2).

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use super::rows::usage;
use crate::address;
use crate::context::ServerParse;
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "agent-check",
        |_, parse| {
            parse.server.agent.is_on = true;
            Ok(())
        },
        "an agent is asked for state and weight",
        usage!["server s9 127.0.0.1:8081 agent-check agent-port 9999"],
    ),
    ServerRow::new(
        "no-agent-check",
        |_, parse| {
            parse.server.agent.is_on = false;
            Ok(())
        },
        "takes an inherited `agent-check` back",
        usage!["server s9 127.0.0.1:8081 no-agent-check"],
    ),
    ServerRow::new(
        "agent-addr",
        addr,
        "the agent's address",
        usage!["server s9 127.0.0.1:8081 agent-addr 127.0.0.1"],
    ),
    ServerRow::new(
        "agent-port",
        port,
        "the agent's port",
        usage!["server s9 127.0.0.1:8081 agent-port 9999"],
    ),
    ServerRow::new(
        "agent-inter",
        inter,
        "the time between two questions",
        usage!["server s9 127.0.0.1:8081 agent-inter 5s"],
    ),
    ServerRow::new(
        "agent-send",
        |words, parse| {
            parse.server.agent.send = value::bytes(words.need("the text")?);
            Ok(())
        },
        "what the agent is told first",
        usage!["server s9 127.0.0.1:8081 agent-send \"s9\\n\""],
    ),
];

fn addr(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.agent.addr = Some(address::fixed(words.need("the address")?)?);
    Ok(())
}

fn port(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the port")?;
    let port: u16 = value::number(word, "a port", 0..=65_535, parse.line.cx.diags)?;
    parse.server.agent.port = (port > 0).then_some(port);
    Ok(())
}

fn inter(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a duration")?;
    parse.server.agent.inter = Some(value::positive_duration(word, TimeUnit::Millis)?);
    Ok(())
}

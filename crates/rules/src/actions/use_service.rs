//! `use-service`: something of this program's own answers in place of a server.

use diag::codes;
use keyword::{Doc, Example};
use sample::compile::problem_of;
use sample::{Problem, Txn};

use super::args::need;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome, Service};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "use-service",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::TCP_CONTENT),
    compile,
    doc: Doc {
        brief: "let a built-in service answer",
        long: "`prometheus-exporter`, in http-request rules, answers with all figures of this process in the text format of \
               Prometheus. The query string chooses: `scope=` (global, frontend, listener, backend, server, sticktable, \
               resolver or `*`, repeated for several; empty for none), `metrics=NAME,-NAME`, `no-maint`, `desc-labels` and \
               `extra-counters`.",
        examples: &[Example::usage("http-request use-service prometheus-exporter if { path /metrics }")],
    },
};

#[derive(Debug)]
struct UseService(Service);

impl Action for UseService {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Service(self.0)
    }
}

fn compile(words: &mut Words<'_>, cx: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the service's name")?;
    let name = word.lossy().to_string();
    if name.starts_with("lua.") {
        return Err(Box::new(keyword::built::refused(&format!("use-service {name}")).at(word.span)));
    }
    let Some(service) = Service::ALL.iter().find(|service| service.name() == name) else {
        let mut problem = problem_of(codes::CHOICE, word.span, format!("there is no service `{name}`"));
        problem.suggestion =
            diag::nearest(&name, Service::ALL.iter().map(|service| service.name())).map(str::to_owned);
        return Err(problem);
    };
    if cx.kind != Kinds::HTTP_REQUEST {
        let text = format!("the service `{name}` stands in http-request rules only");
        return Err(problem_of(codes::ACTION_ELSEWHERE, word.span, text));
    }
    Ok(Box::new(UseService(*service)))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome, Service};
    use crate::actions::testing::{request, run};

    #[test]
    fn the_service_is_named() {
        let mut txn = request("GET /metrics HTTP/1.1", &[]);
        let outcome = run(Kinds::HTTP_REQUEST, "use-service prometheus-exporter", &mut txn);
        assert!(matches!(outcome, Outcome::Service(Service::PrometheusExporter)));
    }
}

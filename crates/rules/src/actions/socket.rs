//! What the actions share that mark the packets of a connection.

use sample::{Problem, Txn};

use super::args::{Number, number};
use crate::action::{Action, ActionCompile, Outcome};
use crate::words::Words;

/// Which property of which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    /// The type-of-service byte towards the client.
    ClientTos,
    /// The mark of packets towards the client.
    ClientMark,
    /// The type-of-service byte towards the server.
    ServerTos,
    /// The mark of packets towards the server.
    ServerMark,
}

#[derive(Debug)]
struct Set {
    property: Property,
    number: Number,
}

impl Action for Set {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Some(value) = self.number.get(txn) {
            // The kernel looks at as many bits as there are.
            let tos = u8::try_from(value & 0xff).ok();
            let mark = u32::try_from(value & 0xffff_ffff).ok();
            match self.property {
                Property::ClientTos => txn.overrides.client_tos = tos,
                Property::ClientMark => txn.overrides.client_mark = mark,
                Property::ServerTos => txn.overrides.server_tos = tos,
                Property::ServerMark => txn.overrides.server_mark = mark,
            }
        }
        Outcome::Continue
    }
}

/// `NUMBER` or an expression.
pub(super) fn compile(
    property: Property,
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Set { property, number: number(words, "the number", compile)? }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn numbers_and_expressions() {
        let mut txn = request("GET / HTTP/1.1", &[("X", "7")]);
        run(Kinds::HTTP_REQUEST, "set-fc-tos 0x2e", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-mark 10", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-bc-tos src_port", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-bc-mark src_port", &mut txn);
        let o = txn.overrides;
        assert_eq!((o.client_tos, o.client_mark), (Some(0x2e), Some(10)));
        assert_eq!((o.server_tos, o.server_mark), (Some(0xd2), Some(1234)));
        assert!(try_compile(Kinds::HTTP_REQUEST, "set-mark").is_err());
        assert!(try_compile(Kinds::HTTP_RESPONSE, "set-bc-mark 1").is_err());
    }
}

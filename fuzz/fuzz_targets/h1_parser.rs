//! Any bytes as HTTP/1: heads, their framing and their bodies. Nothing panics, the cut of the input does not matter,
//! and what is written is parsed again. The first byte chooses role and leniency, the second the cut.
#![no_main]

use http::h1::{
    BodyDecoder, Leniency, Limits, ParseError, Parser, Progress, Role, request_framing, response_framing,
};
use http::message::{Head, Method};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { head_bytes_max: 2000, fields_max: 20 };

/// The outcome of parsing `input`, offered up to each of `cuts` first.
fn parse(
    role: Role,
    leniency: Leniency,
    input: &[u8],
    cuts: &[usize],
) -> (Result<Progress, ParseError>, Head) {
    let mut parser = Parser::new(role, leniency, LIMITS);
    let mut head = Head::new();
    for &cut in cuts {
        let progress = parser.parse(&input[..cut], &mut head);
        if progress != Ok(Progress::Partial) {
            return (progress, head);
        }
    }
    (parser.parse(input, &mut head), head)
}

fn written(head: &Head) -> Vec<u8> {
    let mut out = Vec::new();
    head.write_to(&mut out);
    out
}

fuzz_target!(|data: &[u8]| {
    let [choice, cut, input @ ..] = data else { return };
    let role = if choice & 1 == 0 { Role::Request } else { Role::Response };
    let leniency = if choice & 2 == 0 { Leniency::Strict } else { Leniency::AcceptUnsafe };
    let (progress, mut head) = parse(role, leniency, input, &[]);
    let (in_pieces, _) = parse(role, leniency, input, &[usize::from(*cut).min(input.len())]);
    assert_eq!(progress, in_pieces);
    let Ok(Progress::Done { consumed }) = progress else { return };

    let once = written(&head);
    let (again, second) = parse(role, leniency, &once, &[]);
    if once.len() <= LIMITS.head_bytes_max {
        assert_eq!(again, Ok(Progress::Done { consumed: once.len() }));
        assert_eq!(once, written(&second));
    }

    let framing = match role {
        Role::Request => request_framing(&mut head, leniency),
        Role::Response => response_framing(&mut head, Method::Get, leniency),
    };
    let Ok(framing) = framing else { return };
    let mut body = input[consumed..].to_vec();
    let mut decoder = BodyDecoder::new(framing.body, LIMITS);
    while let Ok(decoded) = decoder.decode_in_place(&mut body) {
        assert!(decoded.data.end <= decoded.consumed && decoded.consumed <= body.len());
        body.drain(..decoded.consumed);
        if decoded.end || decoded.consumed == 0 {
            break;
        }
    }
});

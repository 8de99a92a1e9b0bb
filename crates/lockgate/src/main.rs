//! lockgate: a TCP and HTTP load balancer that runs HAProxy configurations

fn main() {}

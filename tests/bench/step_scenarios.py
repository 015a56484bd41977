"""Builds of small steps, single containers, stages side by side."""
from measure import Contestant, Target
from scenario import Scenario


def small_steps(count):
    """RUN, COPY, WORKDIR and ENV in turn, `count` steps that make layers or could."""
    lines = ["FROM base"]
    for number in range(count):
        kind = number % 4
        if kind == 0:
            lines.append(f"RUN echo {number} > /run-{number}")
        elif kind == 1:
            lines.append(f"COPY file /copy-{number}")
        elif kind == 2:
            lines.append(f"RUN cat /copy-{number - 1} > /cat-{number}")
        else:
            lines.append(f"WORKDIR /work-{number}")
    return "\n".join(lines) + "\n"


def cached(count):
    def contestants(lab):
        context = lab.context(f"cached-{count}", small_steps(count))
        (context / "file").write_text("content\n")
        store = lab.new_store()
        ours = Contestant("trainyard", lambda launch: store.build(context, launch=launch), once=lambda: store.build(context))
        return [ours] + [Contestant(peer.name, lambda launch, peer=peer: peer.build(context), counted=False,
                                    once=lambda peer=peer: peer.build(context)) for peer in lab.builders()]
    return contestants


def no_cache(store, context, *words):
    return lambda launch: store.build(context, "--no-cache", *words, launch=launch)


def peers_no_cache(lab, context, words=lambda peer: ()):
    return [Contestant(peer.name, lambda launch, peer=peer: peer.build(context, "--no-cache", *words(peer)), counted=False,
                       once=lambda peer=peer: peer.build(context, *words(peer))) for peer in lab.builders()]


def bare_runtimes(lab):
    names = [*lab.runtimes(), "runc with the same filter"]
    return [Contestant(peer.name, peer.run_true, counted=False) for peer in map(lab.peer, names) if peer]


def twelve_steps(lab):
    context = lab.context("twelve", "FROM base\n" + "".join(f"RUN echo {n} > /file-{n}\n" for n in range(12)))
    store = lab.new_store()
    ours = [Contestant(f"trainyard on {runtime}", no_cache(store.on(runtime), context),
                       once=lambda runtime=runtime: store.on(runtime).build(context)) for runtime in lab.runtimes()]
    return ours + bare_runtimes(lab) + peers_no_cache(lab, context)


def run_true(lab):
    store = lab.new_store()

    def on(runtime):
        return lambda launch: store.on(runtime).run("run", "base", "/bin/true", launch=launch)
    ours = [Contestant(f"trainyard on {runtime}", on(runtime),
                       once=lambda runtime=runtime: store.on(runtime).run("run", "base", "/bin/true"))
            for runtime in lab.runtimes()]
    others = [Contestant(peer.name, lambda launch, peer=peer: peer.run_true(), counted=False)
              for peer in map(lab.peer, ("docker", "podman")) if peer]
    return ours + bare_runtimes(lab) + others


def four_stages(lab):
    stages = "".join(f"FROM base AS part{n}\nRUN sleep 2; echo {n} > /part{n}\n" for n in range(4))
    context = lab.context("stages", stages + "FROM base\n" + "".join(f"COPY --from=part{n} /part{n} /\n" for n in range(4)))
    store = lab.new_store()
    ours = Contestant("trainyard", no_cache(store, context), once=lambda: store.run("run", "base", "/bin/true"))
    return [ours] + peers_no_cache(lab, context, lambda peer: ("--jobs", "4") if peer.name == "buildah" else ())


def same_runtime(parts=1):
    return [Target(f"trainyard on {runtime}", theirs=(runtime,), factor=1.5, parts=parts) for runtime in ("crun", "runc")]


SCENARIOS = [
    Scenario("cached-14", "14 steps, all cached", cached(14), [Target("trainyard", limit=0.020)]),
    Scenario("cached-60", "60 steps, all cached", cached(60), [Target("trainyard", limit=0.025)]),
    Scenario("twelve-steps", "twelve trivial RUN steps, nothing cached", twelve_steps,
             [Target("trainyard on crun", theirs=("docker",), factor=0.25), *same_runtime(12)]),
    Scenario("run-true", "`trainyard run IMAGE /bin/true`", run_true,
             [Target("trainyard on crun", limit=0.060), Target("trainyard on runc", limit=0.060), *same_runtime()]),
    Scenario("four-stages", "four stages of `sleep 2`", four_stages, [Target("trainyard", limit=2.3)]),
]

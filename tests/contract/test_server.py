"""Which cluster and which user a kubeconfig means."""

from tests.contract.server import current


def test_the_current_context_says_which_cluster_and_which_user_are_meant() -> None:
    kubeconfig = {
        "clusters": [{"name": "c1", "cluster": {"server": "https://c1"}}, {"name": "c2", "cluster": {"server": "https://c2"}}],
        "users": [{"name": "u1", "user": {"token": "1"}}, {"name": "u2", "user": {"token": "2"}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c1", "user": "u1"}},
            {"name": "two", "context": {"cluster": "c2", "user": "u1"}},
        ],
        "current-context": "two",
    }
    assert current(kubeconfig) == ({"server": "https://c2"}, {"token": "1"})

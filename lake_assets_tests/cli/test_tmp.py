import time, pytest, cProfile, pstats
from lake_assets_tests.fix_cli import Company, shown, START, hour
from datetime import timedelta
PG="""storage:
  postgres:
    postgres_url: {}
telemetry:
  enabled: false
"""
@pytest.mark.filterwarnings("default")
def test_a(company: Company) -> None:
    home=company.folder/"dagster"
    (home/"dagster.yaml").write_text(PG.format(company.url.replace("postgresql:","postgresql+psycopg2:")))
    old = START - timedelta(hours=200)
    cat = "\n".join(f"t{i}: {{expect: sparse, columns: {{id: bigint, note: text}}}}" for i in range(4))
    company.write_catalog(cat, start=old)
    company.put(0, table="shop/t0")
    r=company.invoke("load"); print(r.stderr, r.exit_code)
    for n in range(0,70): company.put(n-200, table="shop/t3")
    from lake_assets.cli.runs import Recorder
    t0=time.monotonic(); times=[]
    orig=Recorder.settled
    def settled(self, o):
        times.append(time.monotonic()-t0); orig(self,o)
    Recorder.settled=settled
    p=cProfile.Profile(); p.enable()
    r=company.invoke("load", "--to", shown(70-200))
    p.disable()
    Recorder.settled=orig
    print(r.exit_code, r.stderr, time.monotonic()-t0, [round(x,1) for x in times[::20]])
    pstats.Stats(p).sort_stats("cumtime").print_stats(75)

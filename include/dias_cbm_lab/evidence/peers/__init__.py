"""Other processors of the same kind, run on images that we simulate.

They are not needed to use the evidence: what they gave is kept in ``eos_sar.npz`` and
``sarsen.npz``, which ``python -m dias_cbm_lab.evidence.peers.build DATA`` makes again (extra
``peers``). The images are simulated on real annotation, so the files hold nobody's data.
"""

"""Polymers that every chemist knows; all of them are in a corpus of full size."""

from __future__ import annotations

from discovery.pretraining.corpus.fragments import listed

COMMON_POLYMERS = listed(
    """
    *C* *CC(*)C *CC(*)CC *CC(*)(C)C *CC(*)CC(C)C *CC(*)CCC *CC=CC* *CC=C(C)C* *CC=C(Cl)C* *CC(*)C=C *CC(*)c1ccccc1
    *CC(C)(*)c1ccccc1 *CC(*)c1ccc(C)cc1 *CC(*)c1ccc(Cl)cc1 *CC(*)c1ccc(Br)cc1 *CC(*)c1ccc(F)cc1 *CC(*)c1ccc(O)cc1
    *CC(*)Cl *CC(*)F *CC(*)Br *CC(*)(Cl)Cl *CC(*)(F)F *C(F)(F)C(*)(F)F *C(F)(F)C(*)(F)Cl *CC(*)C#N *CC(C)(*)C#N
    *CC(*)O *CC(*)OC(C)=O *CC(*)OC *CC(*)OCC *CC(*)OCC(C)C *CC(*)N1CCCC1=O *CC(*)c1ccncc1 *CC(*)c1ccccn1
    *CC(*)n1c2ccccc2c2ccccc12 *CC(*)n1ccnc1 *CC(*)C(=O)O *CC(*)C(=O)OC *CC(*)C(=O)OCC *CC(*)C(=O)OCCCC
    *CC(*)C(=O)OCC(CC)CCCC *CC(C)(*)C(=O)O *CC(C)(*)C(=O)OC *CC(C)(*)C(=O)OCC *CC(C)(*)C(=O)OCCCC *CC(C)(*)C(=O)OCCO
    *CC(C)(*)C(=O)OC1CCCCC1 *CC(C)(*)C(=O)Oc1ccccc1 *CC(C)(*)C(=O)OCc1ccccc1 *CC(C)(*)C(=O)OC(C)(C)C *CC(*)C(N)=O
    *CC(*)C(=O)NC(C)C *CC(*)C(=O)N(C)C *CC(C)(*)C(=O)OCC1CO1 *CC(*)(C#N)C(=O)OCC *CC(*)C(C)=O *CC(*)S(=O)(=O)O
    *CC(*)N *CC(*)c1ccc(S(=O)(=O)O)cc1 *CC(*)C1CCCCC1 *C=CC1CCC(*)C1 *C(F)(F)C(*)(F)C(F)(F)F *CCC(F)(F)C(*)(F)F
    *CC1CCCC1* *C1C2CCC(C2)C1* *CC(C)(*)C(=O)OCC(F)(F)F *CC(C)(*)C(=O)OCCOCCOCCOC *CC(C)(*)C(=O)OCCN(C)C *CC(*)CO
    *CC(*)C(=O)OCCOC *CC(C)(*)C(=O)OC12CC3CC(CC(C3)C1)C2 *CO* *CCO* *CC(C)O* *CCCO* *CCCCO* *CC(CC)O* *CC(CCl)O*
    *COCCO* *C(C)O* *Oc1ccc(*)cc1 *Oc1c(C)cc(*)cc1C *Oc1c(-c2ccccc2)cc(*)cc1-c1ccccc1 *Sc1ccc(*)cc1 *CCS* *CCSS*
    *Oc1ccc(C(C)(C)c2ccc(OCC(O)C*)cc2)cc1 *OC(C(F)(F)F)C(*)(F)F *CC(CCl)(CCl)CO* *OCCOC(=O)c1ccc(C(*)=O)cc1
    *OCCCOC(=O)c1ccc(C(*)=O)cc1 *OCCCCOC(=O)c1ccc(C(*)=O)cc1 *OCCOC(=O)c1ccc2cc(C(*)=O)ccc2c1
    *OCCOC(=O)c1ccc(C(*)=O)o1 *OCC1CCC(COC(=O)c2ccc(C(*)=O)cc2)CC1 *OCC1CCC(COC(=O)C2CCC(C(*)=O)CC2)CC1 *OCC(*)=O
    *OC(C)C(*)=O *OCCC(*)=O *OC(C)CC(*)=O *OC(CC)CC(*)=O *OCCCC(*)=O *OCCCCC(*)=O *OCCCCCC(*)=O *OCCOC(=O)CCC(*)=O
    *OCCCCOC(=O)CCC(*)=O *OCCCCOC(=O)CCCCC(*)=O *OCCOC(=O)CCCCC(*)=O *Oc1ccc(C(*)=O)cc1
    *Oc1ccc(C(C)(C)c2ccc(OC(=O)c3ccc(C(*)=O)cc3)cc2)cc1 *Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1 *OCC(C)OC(*)=O
    *OCCOC(*)=O *OCCCOC(*)=O *OCCCCCCOC(*)=O *OC1CCCCC1OC(*)=O *OC1COC2C1OCC2OC(*)=O
    *Oc1ccc(C2(c3ccc(OC(*)=O)cc3)CCCCC2)cc1 *Oc1ccc(C(c2ccc(OC(*)=O)cc2)(C(F)(F)F)C(F)(F)F)cc1 *NCCCCCC(*)=O
    *NCCCCCCCCCCC(*)=O *NCCCCCCCCCCCC(*)=O *NCCCC(*)=O *NCCCCCCNC(=O)CCCCC(*)=O *NCCCCCCNC(=O)CCCCCCCCC(*)=O
    *NCCCCNC(=O)CCCCC(*)=O *NCCCCCCNC(=O)CCCCCCCCCCC(*)=O *NCCCCCCNC(=O)c1ccc(C(*)=O)cc1
    *NCCCCCCNC(=O)c1cccc(C(*)=O)c1 *NCc1cccc(CNC(=O)CCCCC(*)=O)c1 *Nc1ccc(NC(=O)c2ccc(C(*)=O)cc2)cc1
    *Nc1cccc(NC(=O)c2cccc(C(*)=O)c2)c1 *Nc1ccc(C(*)=O)cc1 *NCC(*)=O *NC(C)C(*)=O *NC(Cc1ccccc1)C(*)=O
    *NC(CCC(=O)O)C(*)=O *NC(CCCCN)C(*)=O *CCN(*)C(C)=O *CCN(*)C(=O)CC
    *c1ccc(Oc2ccc(N3C(=O)c4cc5c(cc4C3=O)C(=O)N(*)C5=O)cc2)cc1
    *c1ccc(N2C(=O)c3ccc(-c4ccc5c(c4)C(=O)N(*)C5=O)cc3C2=O)cc1
    *c1cccc(N2C(=O)c3ccc(Oc4ccc(C(C)(C)c5ccc(Oc6ccc7c(c6)C(=O)N(*)C7=O)cc5)cc4)cc3C2=O)c1
    *c1ccc(Oc2ccc(N3C(=O)c4ccc(C(=O)Nc5ccc(Oc6ccc(*)cc6)cc5)cc4C3=O)cc2)cc1
    *OCCCCOC(=O)Nc1ccc(Cc2ccc(NC(*)=O)cc2)cc1 *OCCOC(=O)NCCCCCCNC(*)=O *OCCCCOC(=O)NCCCCCCNC(*)=O
    *OCCCCOC(=O)Nc1ccc(C)c(NC(*)=O)c1 *NCCCCCCCCCNC(*)=O *NCCNC(=O)Nc1ccc(Cc2ccc(NC(*)=O)cc2)cc1
    *OCCOC(=O)Nc1ccc(Cc2ccc(NC(*)=O)cc2)cc1 *OC(=O)CCCCCCCCC(*)=O *OC(=O)c1ccc(OCCCOc2ccc(C(*)=O)cc2)cc1 *CCN*
    *Oc1ccc(S(=O)(=O)c2ccc(*)cc2)cc1 *Oc1ccc(C(C)(C)c2ccc(Oc3ccc(S(=O)(=O)c4ccc(*)cc4)cc3)cc2)cc1
    *Oc1ccc(-c2ccc(Oc3ccc(S(=O)(=O)c4ccc(*)cc4)cc3)cc2)cc1 *Oc1ccc(Oc2ccc(C(=O)c3ccc(*)cc3)cc2)cc1
    *Oc1ccc(C(=O)c2ccc(*)cc2)cc1 *Oc1ccc(Oc2ccc(C(=O)c3ccc(C(=O)c4ccc(*)cc4)cc3)cc2)cc1
    *Oc1ccc(C(=O)c2ccc(C(=O)c3ccc(*)cc3)cc2)cc1 *CCC(*)=O *CCS(*)(=O)=O *O[Si](*)(C)C *O[Si](*)(C)c1ccccc1
    *O[Si](*)(c1ccccc1)c1ccccc1 *O[Si](*)(CC)CC *O[Si](*)(C)CCC(F)(F)F *[Si](*)(C)C *[Si](*)(C)c1ccccc1
    *[Si](*)(CCCCCC)CCCCCC *C[Si](*)(C)C *CCC[Si](*)(C)C *N=P(*)(Cl)Cl *N=P(*)(OC)OC *N=P(*)(OCC)OCC
    *N=P(*)(OCC(F)(F)F)OCC(F)(F)F *N=P(*)(Oc1ccccc1)Oc1ccccc1 *N[Si](*)(C)C *O[Si](*)(C)[H] *C=C* *c1ccc(*)cc1
    *c1ccc(*)s1 *c1sc(*)cc1CCCCCC *c1sc(*)c2OCCOc12 *c1ccc(*)[nH]1 *Nc1ccc(*)cc1 *C=Cc1ccc(*)cc1
    *C=Cc1cc(OC)c(*)cc1OCC(CC)CCCC *c1ccc(*)o1 *c1ccc2c(c1)C(CCCCCCCC)(CCCCCCCC)c1cc(*)ccc1-2 *C#Cc1ccc(*)cc1
    *C=C(*)c1ccccc1 *C(C)=C(*)[Si](C)(C)C *c1ccc2c(c1)c1cc(*)ccc1n2CC *c1ccc(*)c2nsnc12 *c1ccc(-c2ccc(*)s2)c2nsnc12
    *c1nc2ccc(-c3ccc4[nH]c(-c5cccc(*)c5)nc4c3)cc2[nH]1 *c1ccc(-c2nnc(*)o2)cc1 *c1nc2cc3nc(-c4ccc(*)cc4)oc3cc2o1
    *c1nc2cc3nc(-c4ccc(*)cc4)sc3cc2s1 *Cc1ccc(C*)cc1 *OC1C(CO)OC(*)C(O)C1O *OC1C(COC(C)=O)OC(*)C(OC(C)=O)C1OC(C)=O
    *OC1C(CO)OC(*)C(N)C1O *OC1C(CO)OC(*)C(NC(C)=O)C1O *OC1C(COC)OC(*)C(OC)C1OC
    *OC1C(CO[N+](=O)[O-])OC(*)C(O[N+](=O)[O-])C1O[N+](=O)[O-] *CC1CC(C*)OC(CCC)O1 *CC1CC(C*)OCO1
    *OC1C(COCC)OC(*)C(OCC)C1OCC
    """
)
"""PSMILES."""
